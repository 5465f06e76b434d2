/// Kernels as machine code for x86-64, assembled at run time.
///
/// - [dev.octet.kernels.x64.Assembler] turns instructions into bytes, `CodeMemory` makes them callable, and
///   `CpuFeatures` says which of them the CPU has: a `Tier`.
/// - A generator writes one loop: `ProductGenerator` the sums of a matrix product, `RowLoopGenerator` what is done with
///   each element of rows.
/// - A kernel packs its constants, cuts the work into tiles and calls these loops.
///
/// Names in loops: a product is `C[M, N] = A[M, K] · B[K, N]`. A *panel* is a block of columns of B that fits the
/// tile's vectors, stored step after step; a *step* is one index of K in float and four in integers, 32 bits of A
/// either way.
package dev.octet.kernels.x64;
