package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized convolution. Inputs x, xScale, xZeroPoint, w, wScale, wZeroPoint, yScale?, yZeroPoint?, bias? (INT32).
/// Weights have one scale or one per output channel. Padding counts as real zero.
///
/// The standard's operator always has an output scale. Octet's lowering also makes the form without one, whose result
/// is FLOAT32, and with an activation that precedes the output's quantization.
///
/// `sum = Σ (x − xZeroPoint)·(w − wZeroPoint) + bias` in 32 bits, then with each operation rounded to float `y =
/// clamp(rne(f32(sum)·((xScale·wScale)/yScale)) + yZeroPoint)`; with an activation or without an output scale `real =
/// activation(f32(sum)·(xScale·wScale))` and `y = clamp(rne(real/yScale) + yZeroPoint)`.
public record QLinearConv(Window window, int group, Epilogue epilogue) implements Op {
    public static QLinearConv of(Attributes attributes) {
        return new QLinearConv(Window.of(attributes), attributes.getInt("group", 1), Epilogue.of(attributes));
    }

    @Override
    public String type() {
        return "QLinearConv";
    }

    @Override
    public String domain() {
        return epilogue.isNone() ? "" : Epilogue.DOMAIN;
    }

    @Override
    public Attributes attributes() {
        return epilogue.attributes(window.attributes().put("group", (long) group));
    }

    @Override
    public int sinceVersion() {
        return 10;
    }

    @Override
    public void infer(Inference inference) {
        AffineParams.requireTensor(inference, 0, "x");
        AffineParams.requireValues(inference, 3, "w");
        Operands.requireSame(inference, 8, "bias", DType.INT32);
        PartialShape w = inference.shape(3);
        Operands.requireVector(inference, 8, "bias", w == null ? Dim.UNKNOWN : w.dim(0));
        PartialShape y = Convolution.outputShape(window, group, inference.shape(0), w);
        inference.output(0, AffineParams.outputType(inference, 6), y);
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofWindows(operands, results, results.getFirst(), 3);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor w = Operands.get(inputs, 3);
        Tensor y = outputs.get(0);
        long channels = w.shape().dim(0);
        Tensor wScale = Operands.get(inputs, 4);
        AffineParams.requirePerChannel(wScale, channels, "scales of the weights");
        int[] wZeroPoints = AffineParams.zeroPoints(inputs, 5, channels, "zero points of the weights");
        AffineParams xParams = AffineParams.of(inputs, 1, x.dtype());
        Tensor bias = Operands.find(inputs, 8);
        int[] added = bias == null ? new int[(int) channels] : bias.toIntArray();
        IntegerOutput output = IntegerOutput.of(xParams.scale(0), wScale.toFloatArray(), epilogue, inputs, 6, y);
        IntegerSums.convolve(
                window,
                group,
                x,
                xParams.zeroPoint(0),
                w,
                wZeroPoints,
                (i, channel, sum) -> output.store(i, channel, sum + added[channel]));
    }
}
