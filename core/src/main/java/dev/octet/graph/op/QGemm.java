package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.MatrixProduct.View;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized Gemm (com.microsoft). Inputs A, aScale, aZeroPoint, B, bScale, bZeroPoint, C? (INT32), yScale?,
/// yZeroPoint?. B has one scale or one per column of the product; C is in units of `alpha·aScale·bScale`. Without an
/// output scale the result is FLOAT32. The arithmetic is that of [QLinearConv], with `alpha·aScale` for `xScale`.
public record QGemm(float alpha, boolean transA, boolean transB, Epilogue epilogue) implements Op {
    public static QGemm of(Attributes attributes) {
        return new QGemm(
                attributes.getFloat("alpha", 1),
                attributes.getBoolean("transA", false),
                attributes.getBoolean("transB", false),
                Epilogue.of(attributes));
    }

    @Override
    public String type() {
        return "QGemm";
    }

    @Override
    public String domain() {
        return epilogue.isNone() ? "com.microsoft" : Epilogue.DOMAIN;
    }

    @Override
    public Attributes attributes() {
        return epilogue.attributes(
                Attributes.builder().put("alpha", alpha).put("transA", transA).put("transB", transB));
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        AffineParams.requireTensor(inference, 0, "A");
        AffineParams.requireValues(inference, 3, "B");
        Operands.requireSame(inference, 6, "C", DType.INT32);
        PartialShape a = inference.shape(0);
        PartialShape b = inference.shape(3);
        PartialShape y = null;
        if (a != null && b != null) {
            if (a.rank() != 2 || b.rank() != 2) {
                throw Inference.mismatch("operands", "two matrices", a + " and " + b);
            }
            Extents.unify(a.dim(transA ? 0 : 1), b.dim(transB ? 1 : 0), "depth of B");
            y = new PartialShape(List.of(a.dim(transA ? 1 : 0), b.dim(transB ? 0 : 1)));
        }
        inference.output(0, AffineParams.outputType(inference, 7), y);
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofProducts(operands, results, 0, transA ? 0 : 1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor a = Operands.get(inputs, 0);
        Tensor b = Operands.get(inputs, 3);
        Tensor y = outputs.get(0);
        long columns = y.shape().dim(1);
        Tensor bScale = Operands.get(inputs, 4);
        AffineParams.requirePerChannel(bScale, columns, "scales of B");
        int[] bZeroPoints = AffineParams.zeroPoints(inputs, 5, columns, "zero points of B");
        AffineParams aParams = AffineParams.of(inputs, 1, a.dtype());
        // ONNX Runtime multiplies in this order: (alpha·aScale)·bScale.
        IntegerOutput output =
                IntegerOutput.of(alpha * aParams.scale(0), bScale.toFloatArray(), epilogue, inputs, 7, y);
        Tensor c = Operands.find(inputs, 6);
        int[] added = c == null ? new int[1] : c.toIntArray();
        long[] steps = c == null ? new long[2] : StridedLoop.broadcastStrides(c.shape(), 2);
        IntegerSums.multiply(
                matrix(IntegerSums.centred(a, aParams.zeroPoints(), 0), transA),
                matrix(IntegerSums.centred(b, bZeroPoints, transB ? 0 : 1), transB),
                0,
                (i, column, sum) -> {
                    long at = i / columns * steps[0] + column * steps[1];
                    output.store(i, column, sum + added[(int) at]);
                });
    }

    private static View matrix(Tensor tensor, boolean transpose) {
        View matrix = View.of(tensor, 0, tensor.shape().dim(0), tensor.shape().dim(1));
        return transpose ? matrix.transpose() : matrix;
    }
}
