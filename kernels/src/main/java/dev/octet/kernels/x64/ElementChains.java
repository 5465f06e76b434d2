package dev.octet.kernels.x64;

import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.formula.FormulaBuilder.Value;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.KernelSpec.Chain;
import dev.octet.kernels.KernelSpec.ChainOperand;
import dev.octet.kernels.KernelSpec.Encoding;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Element-wise specifications as chains; empty where a function has no formula.
///
/// Scales and zero points are operands, not constants of the formula, so that layers share code.
final class ElementChains {
    private ElementChains() {}

    static Optional<Chain> of(KernelSpec.Elementwise spec) {
        Shape shape = Shape.of(spec.count());
        return Epilogue.of(spec.function())
                .formula()
                .map(f -> new Chain(f, shape, List.of(ChainOperand.of(DType.FLOAT32, shape)), List.of(DType.FLOAT32)));
    }

    static Optional<Chain> of(KernelSpec.Broadcast spec) {
        FormulaBuilder f = new FormulaBuilder(2);
        Value value = combine(f, spec.function(), f.input(0), f.input(1));
        return value == null
                ? Optional.empty()
                : spec.epilogue()
                        .formula()
                        .map(e ->
                                new Chain(
                                        f.build(f.apply(e, value).get(0)),
                                        Shape.broadcast(spec.a(), spec.b()),
                                        List.of(
                                                ChainOperand.of(DType.FLOAT32, spec.a()),
                                                ChainOperand.of(DType.FLOAT32, spec.b())),
                                        List.of(DType.FLOAT32)));
    }

    static @Nullable Value combine(FormulaBuilder f, BinaryFunction function, Value a, Value b) {
        return switch (function) {
            case ADD -> f.add(a, b);
            case SUB -> f.subtract(a, b);
            case MUL -> f.multiply(a, b);
            case DIV -> f.divide(a, b);
            case PRELU -> f.selectLess(a, f.constant(0), f.multiply(b, a), a);
            default -> null;
        };
    }

    static Optional<Chain> of(KernelSpec.ChannelAffine spec) {
        Shape shape = Shape.of(spec.outer(), spec.channels(), spec.inner());
        return spec.epilogue()
                .formula()
                .map(e -> {
                    FormulaBuilder f = new FormulaBuilder(3);
                    Value value = f.fma(f.input(0), f.input(1), f.input(2));
                    return new Chain(
                            f.build(f.apply(e, value).get(0)),
                            shape,
                            List.of(
                                    ChainOperand.of(DType.FLOAT32, shape),
                                    perChannel(spec.scale()),
                                    perChannel(spec.shift())),
                            List.of(DType.FLOAT32));
                });
    }

    static Chain of(KernelSpec.Quantize spec) {
        Shape shape = Shape.of(spec.outer(), spec.channels(), spec.inner());
        FormulaBuilder f = new FormulaBuilder(3);
        Formula formula = f.build(f.add(f.round(f.divide(f.input(0), f.input(1))), f.input(2)));
        return new Chain(
                formula,
                shape,
                List.of(
                        ChainOperand.of(DType.FLOAT32, shape),
                        perChannel(spec.scales()),
                        perChannel(floats(spec.zeroPoints()))),
                List.of(spec.dtype()));
    }

    /// Zero points of INT32 are subtracted before the rounding to float, so only 0 will do there.
    static Optional<Chain> of(KernelSpec.Dequantize spec) {
        for (int zeroPoint : spec.zeroPoints()) {
            if (spec.dtype() == DType.INT32 && zeroPoint != 0) {
                return Optional.empty();
            }
        }
        Shape shape = Shape.of(spec.outer(), spec.channels(), spec.inner());
        FormulaBuilder f = new FormulaBuilder(3);
        Formula formula = f.build(f.multiply(f.subtract(f.input(0), f.input(2)), f.input(1)));
        return Optional.of(
                new Chain(
                        formula,
                        shape,
                        List.of(
                                ChainOperand.of(spec.dtype(), shape),
                                perChannel(spec.scales()),
                                perChannel(floats(spec.zeroPoints()))),
                        List.of(DType.FLOAT32)));
    }

    static Optional<Chain> of(KernelSpec.QuantizedBroadcast spec) {
        Encoding y = spec.output();
        Encoding a = spec.left();
        Encoding b = spec.right();
        if (spec.epilogue().isNone() && spec.function() == BinaryFunction.ADD) {
            float ra = a.scale() / y.scale();
            float rb = b.scale() / y.scale();
            float fixed = y.zeroPoint() - Math.fma(ra, a.zeroPoint(), rb * b.zeroPoint());
            FormulaBuilder f = new FormulaBuilder(5);
            Value steps = f.fma(f.input(0), f.input(2), f.fma(f.input(1), f.input(3), f.input(4)));
            return Optional.of(quantized(spec, f.build(steps), ra, rb, fixed));
        }
        if (spec.epilogue().isNone() && spec.function() == BinaryFunction.MUL) {
            float ratio = a.scale() * b.scale() / y.scale();
            FormulaBuilder f = new FormulaBuilder(6);
            Value product = f.multiply(f.subtract(f.input(0), f.input(2)), f.subtract(f.input(1), f.input(3)));
            Value steps = f.add(f.multiply(product, f.input(4)), f.input(5));
            return Optional.of(quantized(spec, f.build(steps), a.zeroPoint(), b.zeroPoint(), ratio, y.zeroPoint()));
        }
        return ofReals(spec);
    }

    private static Optional<Chain> ofReals(KernelSpec.QuantizedBroadcast spec) {
        FormulaBuilder f = new FormulaBuilder(8);
        Value left = f.multiply(f.subtract(f.input(0), f.input(2)), f.input(3));
        Value right = f.multiply(f.subtract(f.input(1), f.input(4)), f.input(5));
        Value value = combine(f, spec.function(), left, right);
        if (value == null) {
            return Optional.empty();
        }
        Encoding y = spec.output();
        return spec.epilogue()
                .formula()
                .map(e -> {
                    Value steps = f.round(f.divide(f.apply(e, value).get(0), f.input(6)));
                    return quantized(
                            spec,
                            f.build(f.add(steps, f.input(7))),
                            spec.left().zeroPoint(),
                            spec.left().scale(),
                            spec.right().zeroPoint(),
                            spec.right().scale(),
                            y.scale(),
                            y.zeroPoint());
                });
    }

    private static Chain quantized(KernelSpec.QuantizedBroadcast spec, Formula formula, float... numbers) {
        ChainOperand[] operands = new ChainOperand[2 + numbers.length];
        operands[0] = ChainOperand.of(spec.left().dtype(), spec.a());
        operands[1] = ChainOperand.of(spec.right().dtype(), spec.b());
        for (int i = 0; i < numbers.length; i++) {
            operands[2 + i] = ChainOperand.constant(Tensor.of(Shape.of(), numbers[i]));
        }
        return new Chain(
                formula, Shape.broadcast(spec.a(), spec.b()), List.of(operands), List.of(spec.output().dtype()));
    }

    /// For the middle axis of three; one number serves all.
    private static ChainOperand perChannel(float[] numbers) {
        Shape shape = numbers.length == 1 ? Shape.of() : Shape.of(numbers.length, 1);
        return ChainOperand.constant(Tensor.of(shape, numbers));
    }

    private static float[] floats(int[] numbers) {
        float[] floats = new float[numbers.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = numbers[i];
        }
        return floats;
    }
}
