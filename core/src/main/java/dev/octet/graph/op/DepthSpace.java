package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Moves channels into blocks of space, or back: ONNX DepthToSpace, SpaceToDepth. `[N, C·b², H, W]` becomes `[N, C,
/// H·b, W·b]`.
///
/// @param toSpace the direction
/// @param blockSize b
/// @param columnRowDepth mode `CRD`: the channel's number is `(c, row, column)`; else `DCR`, `(row, column, c)`
public record DepthSpace(boolean toSpace, int blockSize, boolean columnRowDepth) implements Op {
    public DepthSpace {
        if (blockSize < 1) {
            throw Inference.mismatch("attribute blocksize", "at least 1", blockSize);
        }
    }

    static DepthSpace of(boolean toSpace, Attributes attributes) {
        String mode = attributes.getString("mode", "DCR");
        if (!mode.equals("DCR") && !mode.equals("CRD")) {
            throw Inference.mismatch("attribute mode", "DCR or CRD", mode);
        }
        return new DepthSpace(toSpace, attributes.getInt("blocksize", 1), mode.equals("CRD"));
    }

    @Override
    public String type() {
        return toSpace ? "DepthToSpace" : "SpaceToDepth";
    }

    @Override
    public Attributes attributes() {
        Attributes.Builder builder = Attributes.builder().put("blocksize", (long) blockSize);
        if (columnRowDepth) {
            builder.put("mode", "CRD");
        }
        return builder.build();
    }

    @Override
    public int sinceVersion() {
        return toSpace ? 11 : columnRowDepth ? 28 : 1;
    }

    @Override
    public void infer(Inference inference) {
        Operands.requireRank(inference, 0, "x", 4);
        PartialShape x = inference.shape(0);
        if (x == null) {
            inference.output(0, inference.dtype(0), PartialShape.ofRank(4));
            return;
        }
        Dim block = Dim.of(blockSize);
        Dim area = Extents.multiply(block, block);
        inference.output(
                0,
                inference.dtype(0),
                new PartialShape(
                        toSpace
                                ? List.of(
                                        x.dim(0),
                                        divide(x.dim(1), area, "channels"),
                                        Extents.multiply(x.dim(2), block),
                                        Extents.multiply(x.dim(3), block))
                                : List.of(
                                        x.dim(0),
                                        Extents.multiply(x.dim(1), area),
                                        divide(x.dim(2), block, "height"),
                                        divide(x.dim(3), block, "width"))));
    }

    private static Dim divide(Dim extent, Dim parts, String what) {
        if (extent.size() >= 0 && extent.size() % parts.size() != 0) {
            throw Inference.mismatch(what, "a multiple of " + parts, extent);
        }
        return extent.size() < 0 ? Dim.UNKNOWN : Dim.of(extent.size() / parts.size());
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Shape deep = toSpace ? x.shape() : outputs.get(0).shape();
        long b = blockSize;
        long channels = deep.dim(1) / (b * b);
        long height = deep.dim(2);
        long width = deep.dim(3);
        long plane = height * width;
        // Axes: sample, channel, row, row in the block, column, column in the block.
        long[] extents = {deep.dim(0), channels, height, b, width, b};
        long[] inDepth =
                columnRowDepth
                        ? new long[] {channels * b * b * plane, b * b * plane, width, b * plane, 1, plane}
                        : new long[] {
                            channels * b * b * plane, plane, width, b * channels * plane, 1, channels * plane
                        };
        long[] inSpace = {channels * b * b * plane, b * b * plane, b * width * b, width * b, b, 1};
        StridedCopy.copy(x, 0, toSpace ? inDepth : inSpace, outputs.get(0), 0, toSpace ? inSpace : inDepth, extents);
    }
}
