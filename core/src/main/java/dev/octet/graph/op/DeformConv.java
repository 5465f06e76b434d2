package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A convolution each of whose taps is moved by an offset of its own, to a value found by linear interpolation. Inputs
/// x `[N, C, D…]`, weights `[M, C/group, k…]`, offsets `[N, offset groups·taps·axes, out…]`, bias? `[M]`, mask? `[N,
/// offset groups·taps, out…]`; output `[N, M, out…]`.
///
/// @param offsetGroups channels of x fall into so many groups with the same offsets
public record DeformConv(Window window, int group, int offsetGroups) implements Op {
    public DeformConv {
        if (group < 1 || offsetGroups < 1) {
            throw Inference.mismatch("attributes group, offset_group", "at least 1", group + ", " + offsetGroups);
        }
    }

    public static DeformConv of(Attributes attributes) {
        return new DeformConv(
                Window.of(attributes), attributes.getInt("group", 1), attributes.getInt("offset_group", 1));
    }

    @Override
    public String type() {
        return "DeformConv";
    }

    @Override
    public Attributes attributes() {
        return window.attributes().put("group", (long) group).put("offset_group", (long) offsetGroups).build();
    }

    @Override
    public int sinceVersion() {
        return 19;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        inference.type(1);
        inference.type(2);
        for (int i = 1; i < 5; i++) {
            Operands.requireSame(inference, i, "input " + i, dtype);
        }
        PartialShape x = inference.shape(0);
        PartialShape weights = inference.shape(1);
        if (x == null || weights == null) {
            int rank = x != null ? x.rank() : weights != null ? weights.rank() : -1;
            inference.output(0, dtype, rank < 0 ? null : PartialShape.ofRank(rank));
            return;
        }
        int axes = WindowGeometry.requireConvolved(window, x.rank(), weights.rank());
        Extents.unify(
                x.dim(1), Extents.multiply(weights.dim(1), Dim.of(group)), "channels of the weights, times group");
        requireMultiple("channels of x", x.dim(1), offsetGroups);
        requireMultiple("output channels", weights.dim(0), group);
        List<Dim> dims = new ArrayList<>(List.of(x.dim(0), weights.dim(0)));
        Dim taps = Dim.of(1);
        for (int i = 0; i < axes; i++) {
            long kernel = WindowGeometry.kernel(window, i, weights.size(2 + i));
            taps = kernel < 0 ? Dim.UNKNOWN : Extents.multiply(taps, Dim.of(kernel));
            dims.add(WindowGeometry.output(window, i, x.dim(2 + i), kernel, false));
        }
        PartialShape y = new PartialShape(dims);
        Dim perTap = Extents.multiply(taps, Dim.of(offsetGroups));
        Operands.requireShape(inference, 2, "offsets", y.with(1, Extents.multiply(perTap, Dim.of(axes))));
        Operands.requireVector(inference, 3, "bias", weights.dim(0));
        Operands.requireShape(inference, 4, "mask", y.with(1, perTap));
        inference.output(0, dtype, y);
    }

    private static void requireMultiple(String what, Dim extent, int of) {
        if (extent.size() >= 0 && extent.size() % of != 0) {
            throw Inference.mismatch(what, "a multiple of " + of, extent);
        }
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofWindows(operands, results, results.getFirst(), 1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor weights = Operands.get(inputs, 1);
        Tensor bias = Operands.find(inputs, 3);
        Tensor y = outputs.get(0);
        WindowGeometry geometry = WindowGeometry.of(window, x.shape(), weights.shape());
        Shape shape = y.shape();
        long places = shape.product(2, shape.rank());
        int taps = Extents.arrayLength(weights.shape().product(2, weights.shape().rank()));
        int channels = Extents.arrayLength(x.shape().dim(1));
        long outputsOfGroup = shape.dim(1) / group;
        int channelsOfGroup = channels / group;
        double[] samples = new double[Extents.arrayLength((long) channels * taps)];
        for (long at = 0; at < shape.dim(0) * places; at++) {
            gather(inputs, geometry, at / places, at % places, places, samples);
            for (long m = 0; m < shape.dim(1); m++) {
                int first = (int) (m / outputsOfGroup) * channelsOfGroup * taps;
                double sum = bias == null ? 0 : bias.getDouble(m);
                for (int i = 0; i < channelsOfGroup * taps; i++) {
                    sum += weights.getDouble(m * channelsOfGroup * taps + i) * samples[first + i];
                }
                y.setDouble((at / places * shape.dim(1) + m) * places + at % places, sum);
            }
        }
    }

    /// The values that the taps at one place of the output meet, for every channel.
    private void gather(
            List<@Nullable Tensor> inputs,
            WindowGeometry geometry,
            long image,
            long place,
            long places,
            double[] samples) {
        Tensor x = Operands.get(inputs, 0);
        Tensor offsets = Operands.get(inputs, 2);
        Tensor mask = Operands.find(inputs, 4);
        int channels = Extents.arrayLength(x.shape().dim(1));
        int taps = channels == 0 ? 0 : samples.length / channels;
        int axes = geometry.rank();
        long plane = x.shape().product(2, x.shape().rank());
        double[] position = new double[axes];
        for (int i = 0; i < offsetGroups * taps; i++) {
            long moved = image * offsetGroups * taps + i;
            tap(geometry, place, i % taps, position);
            for (int axis = 0; axis < axes; axis++) {
                position[axis] += offsets.getDouble((moved * axes + axis) * places + place);
            }
            double factor = mask == null ? 1 : mask.getDouble(moved * places + place);
            int channelsOfGroup = channels / offsetGroups;
            for (int c = i / taps * channelsOfGroup; c < (i / taps + 1) * channelsOfGroup; c++) {
                samples[c * taps + i % taps] = factor * sample(x, (image * channels + c) * plane, position, 0);
            }
        }
    }

    /// Where a tap lies before it is moved.
    private static void tap(WindowGeometry geometry, long place, int tap, double[] position) {
        Arrays.fill(position, 0);
        long output = place;
        long kernel = tap;
        for (int i = position.length - 1; i >= 0; i--) {
            WindowGeometry.Axis axis = geometry.axis(i);
            position[i] =
                    output % axis.output() * axis.stride()
                            + kernel % axis.kernel() * axis.dilation()
                            - (double) axis.padBegin();
            output /= axis.output();
            kernel /= axis.kernel();
        }
    }

    /// Linear between the elements around a position, zeros outside.
    private static double sample(Tensor x, long offset, double[] position, int axis) {
        if (axis == position.length) {
            return x.getDouble(offset);
        }
        long extent = x.shape().dim(2 + axis);
        long step = x.shape().product(3 + axis, x.shape().rank());
        double floor = Math.floor(position[axis]);
        double fraction = position[axis] - floor;
        double sum = 0;
        if (floor >= 0 && floor < extent) {
            sum += (1 - fraction) * sample(x, offset + (long) floor * step, position, axis + 1);
        }
        if (fraction > 0 && floor >= -1 && floor < extent - 1) {
            sum += fraction * sample(x, offset + ((long) floor + 1) * step, position, axis + 1);
        }
        return sum;
    }
}
