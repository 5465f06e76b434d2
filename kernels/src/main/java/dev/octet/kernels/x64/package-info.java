/// Kernels as machine code for x86-64, assembled at run time.
///
/// - [dev.octet.kernels.x64.Assembler] turns instructions into bytes, `CodeMemory` makes them callable, and `Processor`
///   says which of them the CPU has: a `Tier`.
/// - A `Generator` writes a function; the `CodeLibrary` keeps one for each distinct generator.
/// - A `KernelCompiler` makes kernels for one kind of specification: it packs constants, cuts the work into tiles and
///   calls generated functions. [dev.octet.kernels.x64.X64Kernels] asks the right one and checks new code against
///   `portable`.
/// - Element-wise work is a chain: `FormulaEmitter` writes the steps of a formula for one vector, `ChainGenerator` the
///   loop over rows of its operands, and `ElementChains` says the other element-wise specifications as chains.
/// - Products and convolutions are one loop: `ProductGenerator` writes it for a `RegisterTile` and a `Multiplication`,
///   `FinishEmitter` what is done with the sums. A `ProductKernel` calls it with rows of a `LeftOperand` (in place, or
///   the windows of a convolution copied by `PatchRows`) and panels of a `RightOperand`.
///
/// Names in loops: a product is `C[M, N] = A[M, K] · B[K, N]`. A *panel* is a block of columns of B that fits the
/// tile's vectors, stored step after step; a *step* is one index of K in float and four in integers, 32 bits of A
/// either way.
package dev.octet.kernels.x64;
