package dev.octet.kernels.x64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSet;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class X64KernelsTest {
    private static final Processor FULL = new Processor(List.of(Tier.values()), "");
    private static final KernelSpec.Elementwise ABS =
            new KernelSpec.Elementwise(new Unary(UnaryFunction.ABS, 0, 0), 1000);

    /// `y = |x|`, or `y = x` if it is wrong; counts the kernels it makes.
    private static final class Absolute implements KernelCompiler<KernelSpec.Elementwise> {
        private record Loop(boolean right) implements Generator {
            @Override
            public void emit(Assembler a) {
                Label next = new Label();
                a.mov(Gpr.RAX, Mem.at(Gpr.RDI));
                a.mov(Gpr.RDX, Mem.at(Gpr.RDI, 8));
                a.mov(Gpr.RCX, Mem.at(Gpr.RDI, 16));
                a.bind(next);
                a.mov32(Gpr.R8, Mem.at(Gpr.RAX));
                if (right) {
                    a.arithmetic(Assembler.Arithmetic.AND, Gpr.R8, Integer.MAX_VALUE);
                }
                a.mov32(Mem.at(Gpr.RDX), Gpr.R8);
                a.add(Gpr.RAX, 4);
                a.add(Gpr.RDX, 4);
                a.sub(Gpr.RCX, 1);
                a.jump(Condition.NOT_ZERO, next);
            }
        }

        private final boolean right;
        private int compiled;

        Absolute(boolean right) {
            this.right = right;
        }

        @Override
        public Optional<Kernel> compile(KernelSpec.Elementwise spec, Tier tier, CodeLibrary.Request code)
                throws CodeMemory.RefusedException {
            compiled++;
            MachineCode loop = code.code(new Loop(right));
            return Optional.of(
                    new Kernel() {
                        @Override
                        public int tiles() {
                            return 1;
                        }

                        @Override
                        public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
                            try (Arena arena = Arena.ofConfined()) {
                                long x = inputs[0].address();
                                long y = outputs[0].address();
                                loop.call(arena.allocateFrom(ValueLayout.JAVA_LONG, x, y, spec.count()).address());
                            }
                        }
                    });
        }

        @Override
        public Sample<KernelSpec.Elementwise> sample(KernelSpec.Elementwise spec, Tier tier) {
            KernelSpec.Elementwise small = new KernelSpec.Elementwise(spec.function(), 17);
            return new Sample<>(small, List.of(Sample.floats(17)), DType.FLOAT32);
        }
    }

    @Test
    void theSetIsFoundAsAService() {
        assertThat(ServiceLoader.load(KernelSet.class)).anyMatch(set -> set instanceof X64Kernels);
    }

    @Test
    void thePropertyCapsTheTier() {
        assertThat(new X64Kernels(FULL, "").tier()).contains(Tier.AVX512_VNNI);
        assertThat(new X64Kernels(FULL, "avx-vnni").tier()).contains(Tier.AVX_VNNI);
        Processor old = new Processor(List.of(Tier.AVX2), "");
        assertThat(new X64Kernels(old, "avx512").tier()).contains(Tier.AVX2);
        assertThatThrownBy(() -> new X64Kernels(FULL, "avx9").unusable())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "property octet.kernels.tier: expected one of [avx2, avx-vnni, avx512, avx512-vnni], found"
                                + " 'avx9'");
    }

    @Test
    void aMachineWithoutATierSaysWhy() {
        X64Kernels none = new X64Kernels(new Processor(List.of(), "no AVX2"), "");
        assertThat(none.unusable()).contains("no AVX2");
        assertThat(none.compile(new Absolute(true), ABS)).isEmpty();
    }

    @Test
    void codeThatProvesRightIsCheckedOnce() {
        X64Kernels kernels = TierKernels.of(Tier.AVX2).orSkip().generated();
        Absolute compiler = new Absolute(true);
        assertThat(kernels.compile(compiler, ABS)).isPresent();
        assertThat(compiler.compiled).as("the kernel and its sample").isEqualTo(2);
        assertThat(kernels.compile(compiler, ABS)).isPresent();
        assertThat(compiler.compiled).as("only the kernel").isEqualTo(3);
    }

    @Test
    void codeThatDisagreesIsNeverUsed() {
        X64Kernels kernels = TierKernels.of(Tier.AVX2).orSkip().generated();
        Absolute compiler = new Absolute(false);
        assertThat(kernels.compile(compiler, ABS)).isEmpty();
        assertThat(kernels.compile(compiler, ABS)).isEmpty();
        assertThat(compiler.compiled).as("checked once").isEqualTo(3);
    }

    /// Each tier runs an instruction that only it and better ones have.
    @ParameterizedTest
    @EnumSource(Tier.class)
    void eachTierRunsHere(Tier tier) throws CodeMemory.RefusedException {
        TierKernels.of(tier).orSkip();
        Vec sum = tier.vec(1);
        Vec ones = tier.vec(2);
        VectorOp multiply =
                switch (tier) {
                    case AVX2, AVX512 -> VectorOp.VPMADDUBSW;
                    case AVX_VNNI -> VectorOp.VPDPBUSD_VEX;
                    case AVX512_VNNI -> VectorOp.VPDPBUSD;
                };
        MachineCode code =
                MachineCode.of(a -> {
                    a.emit(VectorOp.VMOVUPS, ones, a.constant(tier.width, 0x01010101));
                    a.emit(VectorOp.VXORPS, sum, sum, sum);
                    a.emit(multiply, sum, ones, ones);
                    a.store(VectorOp.VMOVUPS_STORE, Mem.at(Gpr.RDI), sum);
                });
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocate(64);
            code.call(block.address());
            int expected = tier.hasDotProducts() ? 4 : 0x00020002;
            assertThat(block.asSlice(0, tier.width.bytes).toArray(ValueLayout.JAVA_INT)).containsOnly(expected);
        }
    }
}
