package dev.octet.kernels.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.KernelSpec.Encoding;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// That element-wise work is generated, not left to portable code.
final class ElementKernelsTest {
    @ParameterizedTest
    @EnumSource(
            value = Tier.class,
            names = {"AVX2", "AVX512"})
    void everyFunctionWithAFormulaIsGenerated(Tier tier) {
        X64Kernels kernels = TierKernels.of(tier).orSkip().generated();
        for (UnaryFunction function : UnaryFunction.values()) {
            KernelSpec spec = new KernelSpec.Elementwise(Unary.of(function), 100);
            assertThat(kernels.compile(spec).isPresent())
                    .as("%s", function)
                    .isEqualTo(function.formula(1, 1).isPresent());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Tier.class,
            names = {"AVX2", "AVX512"})
    void everyKindOfElementWiseWorkIsGenerated(Tier tier) {
        X64Kernels kernels = TierKernels.of(tier).orSkip().generated();
        Epilogue gelu = new Epilogue(UnaryFunction.GELU, 0, 0, 2, 1);
        Shape a = Shape.of(3, 1, 70);
        Shape b = Shape.of(5, 1);
        Encoding signed = new Encoding(DType.INT8, 0.1f, 3);
        Encoding unsigned = new Encoding(DType.UINT8, 0.2f, 130);
        List<KernelSpec> specs = new ArrayList<>();
        specs.add(new KernelSpec.ChannelAffine(2, 3, 50, new float[3], new float[3], gelu));
        specs.add(new KernelSpec.Quantize(2, 3, 50, new float[] {1, 2, 3}, new int[] {4}, DType.UINT8));
        specs.add(new KernelSpec.Dequantize(2, 3, 50, new float[] {1, 2, 3}, new int[] {4}, DType.INT8));
        specs.add(new KernelSpec.Dequantize(2, 3, 50, new float[] {1}, new int[1], DType.INT32));
        for (BinaryFunction function :
                List.of(BinaryFunction.ADD, BinaryFunction.SUB, BinaryFunction.MUL, BinaryFunction.DIV)) {
            specs.add(new KernelSpec.Broadcast(function, a, b, gelu));
            specs.add(new KernelSpec.QuantizedBroadcast(function, a, b, signed, unsigned, Epilogue.NONE, signed));
            specs.add(new KernelSpec.QuantizedBroadcast(function, a, b, signed, unsigned, gelu, unsigned));
        }
        for (KernelSpec spec : specs) {
            assertThat(kernels.compile(spec)).as("%s", spec).isPresent();
        }
    }

    @Test
    void axesThatAllOperandsPassInOneGoAreMerged() {
        RowPlan plan = RowPlan.of(Shape.of(2, 3, 4, 5), List.of(Shape.of(2, 3, 4, 5), Shape.of(3, 1, 1)));
        assertThat(plan.extents()).containsExactly(2, 3, 20);
        assertThat(plan.strides()[0]).containsExactly(60, 20, 1);
        assertThat(plan.strides()[1]).containsExactly(0, 1, 0);
        assertThat(plan.repeats(1)).isTrue();
        assertThat(plan.rows()).isEqualTo(6);
        assertThat(plan.offset(0, 4)).isEqualTo(80);
        assertThat(plan.offset(1, 4)).isEqualTo(1);
        assertThat(plan.run(4, 100)).isEqualTo(2);
    }

    @Test
    void aShapeOfOneElementIsOneRow() {
        RowPlan plan = RowPlan.of(Shape.of(1, 1), List.of(Shape.of(), Shape.of(1, 1)));
        assertThat(plan.length()).isEqualTo(1);
        assertThat(plan.rows()).isEqualTo(1);
        assertThat(plan.repeats(0)).isFalse();
        assertThat(IntStream.range(0, 2).mapToLong(o -> plan.offset(o, 0)).sum()).isZero();
    }
}
