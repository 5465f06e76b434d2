package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.quant.FixedPoint;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The mean of the 8-bit integers of each window, to the nearest, ties away from zero, without any float; padding does
/// not count. Input x `[N, C, D…]`, output the same with other spatial extents. Operand and result share scale and zero
/// point. It exists between lowering and running only, and is written to no file.
///
/// @param pool the window, of an average that leaves padding out
/// @param min smallest result; with `max` what an activation leaves
public record IntegerAveragePool(Pool pool, int min, int max) implements LoweredOp {
    @Override
    public String type() {
        return "IntegerAveragePool";
    }

    @Override
    public Attributes attributes() {
        return pool.attributes();
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", AffineParams.EIGHT_BIT);
        PartialShape x = inference.shape(0);
        Window window = pool.window();
        if (x == null) {
            inference.output(0, dtype, null);
            return;
        }
        WindowGeometry.requirePooled(window, x.rank());
        List<Dim> dims = new ArrayList<>(List.of(x.dim(0), x.dim(1)));
        for (int i = 0; i < window.kernelShape().size(); i++) {
            Dim extent = x.dim(WindowGeometry.SPATIAL + i);
            dims.add(WindowGeometry.output(window, i, extent, window.kernelShape().get(i), pool.ceilMode()));
        }
        inference.output(0, dtype, new PartialShape(dims));
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return pool.work(operands, results);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        WindowTaps taps = WindowTaps.ofSliding(WindowGeometry.of(pool, x.shape()));
        long planes = x.shape().product(0, WindowGeometry.SPATIAL);
        for (long plane = 0; plane < planes; plane++) {
            int[] sums = new int[taps.smallElements()];
            int[] counts = new int[taps.smallElements()];
            long start = plane * taps.largeElements();
            for (WindowTaps.Tap tap : taps.taps()) {
                StridedLoop loop = tap.loop();
                tap.forEachRow(o -> {
                    for (long i = 0; i < loop.length(); i++) {
                        int to = (int) (o[0] + i * loop.step(0));
                        sums[to] += x.getInt(start + o[1] + i * loop.step(1));
                        counts[to]++;
                    }
                });
            }
            for (int e = 0; e < sums.length; e++) {
                y.setLong(plane * sums.length + e, Math.clamp(FixedPoint.mean(sums[e], counts[e]), min, max));
            }
        }
    }
}
