package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized matrix product. Inputs a, aScale, aZeroPoint, b, bScale, bZeroPoint, yScale?, yZeroPoint?, bias?.
///
/// b has one scale or one per column.
///
/// The standard's operator has the first eight. Octet's lowering also makes the forms without an output scale, whose
/// result is FLOAT32, with an INT32 bias `[columns]`, and with an activation that precedes the output's quantization.
/// The arithmetic is that of [QLinearConv], of 8-bit floats that of [Float8Product].
public record QLinearMatMul(Epilogue epilogue) implements Op {
    public static QLinearMatMul of(Attributes attributes) {
        return new QLinearMatMul(Epilogue.of(attributes));
    }

    @Override
    public String type() {
        return "QLinearMatMul";
    }

    @Override
    public String domain() {
        return epilogue.isNone() ? "" : Epilogue.DOMAIN;
    }

    @Override
    public Attributes attributes() {
        return epilogue.attributes();
    }

    @Override
    public int sinceVersion() {
        return 10;
    }

    @Override
    public void infer(Inference inference) {
        if (epilogue.isNone() && Float8Product.applies(inference)) {
            Float8Product.infer(inference);
            return;
        }
        AffineParams.requireTensor(inference, 0, "a");
        AffineParams.requireValues(inference, 3, "b");
        Operands.requireSame(inference, 8, "bias", DType.INT32);
        inference.output(
                0,
                AffineParams.outputType(inference, 6),
                MatrixProduct.outputShape(inference.shape(0), inference.shape(3)));
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofProducts(operands, results, 0, -1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor a = Operands.get(inputs, 0);
        Tensor b = Operands.get(inputs, 3);
        Tensor y = outputs.get(0);
        if (Float8Product.applies(inputs, y)) {
            Float8Product.evaluate(inputs, y);
            return;
        }
        long columns = b.shape().rank() == 1 ? 1 : b.shape().dim(-1);
        Tensor bScale = Operands.get(inputs, 4);
        AffineParams.requirePerChannel(bScale, columns, "scales of b");
        int[] bZeroPoints = AffineParams.zeroPoints(inputs, 5, columns, "zero points of b");
        AffineParams aParams = AffineParams.of(inputs, 1, a.dtype());
        IntegerOutput output = IntegerOutput.of(aParams.scale(0), bScale.toFloatArray(), epilogue, inputs, 6, y);
        Tensor bias = Operands.find(inputs, 8);
        if (bias != null) {
            AffineParams.requirePerChannel(bias, columns, "bias");
        }
        int[] added = bias == null ? new int[1] : bias.toIntArray();
        IntegerSums.multiply(
                a,
                aParams.zeroPoints(),
                b,
                bZeroPoints,
                (i, column, sum) -> output.store(i, column, sum + added[added.length == 1 ? 0 : column]));
    }
}
