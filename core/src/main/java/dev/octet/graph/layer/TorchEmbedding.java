package dev.octet.graph.layer;

import dev.octet.graph.Attributes;
import dev.octet.graph.layer.TorchLayers.BagMode;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.ConstantOfShape;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Range;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.ScatterND;
import dev.octet.graph.op.ScatterReduction;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.graph.op.Variadic;
import dev.octet.graph.op.VariadicFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// PyTorch's Embedding and EmbeddingBag.
record TorchEmbedding(LayerWriter writer) {
    String rows(String name, String indices) {
        return add(name, new Gather(0), writer.required(name + ".weight", 2), indices);
    }

    String bags(String name, String indices, @Nullable String offsets, BagMode mode) {
        String rows = add(name + "/Gather", new Gather(0), writer.required(name + ".weight", 2), indices);
        if (offsets == null) {
            ReduceFunction function =
                    switch (mode) {
                        case SUM -> ReduceFunction.SUM;
                        case MEAN -> ReduceFunction.MEAN;
                        case MAX -> ReduceFunction.MAX;
                    };
            return add(name + "/Reduce", new Reduce(function, false, false), rows, writer.ints(name, 1));
        }
        if (mode == BagMode.MAX) {
            throw new IllegalArgumentException("'" + name + "': expected bags of one size for MAX, found offsets");
        }
        String bagOfRow = bagOfRow(name, indices, offsets);
        String sums = sums(name, rows, bagOfRow, offsets, writer.tensor(name + ".weight", 2).shape().dim(1));
        if (mode == BagMode.SUM) {
            return sums;
        }
        String ones = add(name + "/Expand", new Expand(), floats(name, 1), add(name + "/Shape", shape(), bagOfRow));
        String counts = sums(name, ones, bagOfRow, offsets, 1);
        // An empty bag gives zeros.
        String divisors = add(name + "/Max", new Variadic(VariadicFunction.MAX), counts, floats(name, 1));
        return add(name + "/Div", new Binary(BinaryFunction.DIV), sums, divisors);
    }

    /// `[count, 1]`: how many bags begin at or before a row, less one.
    private String bagOfRow(String name, String indices, String offsets) {
        String count = add(name + "/Size", new Gather(0), add(name + "/Shape", shape(), indices), scalar(name, 0));
        String positions = add(name + "/Range", Range.of(Attributes.EMPTY), scalar(name, 0), count, scalar(name, 1));
        String column = add(name + "/Unsqueeze", new Unsqueeze(), positions, writer.ints(name, 1));
        String begun = add(name + "/Begun", new Binary(BinaryFunction.GREATER_OR_EQUAL), column, offsets);
        String numbers = add(name + "/Cast", Cast.to(DType.INT64), begun);
        String total = add(name + "/Count", new Reduce(ReduceFunction.SUM, true, false), numbers, writer.ints(name, 1));
        return add(name + "/Bag", new Binary(BinaryFunction.SUB), total, writer.ints(name, 1));
    }

    /// `[bags, size]`: sums of rows by bag.
    private String sums(String name, String rows, String bagOfRow, String offsets, long size) {
        String bags = add(name + "/Shape", shape(), offsets);
        String dims = add(name + "/Concat", new Concat(0), bags, writer.ints(name, size));
        String zeros = add(name + "/Zeros", new ConstantOfShape(Tensor.of(Shape.of(1), 0f)), dims);
        return add(name + "/Sum", new ScatterND(ScatterReduction.ADD), zeros, bagOfRow, rows);
    }

    private static Op shape() {
        return ShapeOf.of(Attributes.EMPTY);
    }

    private String floats(String name, float value) {
        return writer.builder().freshConstant(name + ".number", Tensor.of(Shape.of(1), value));
    }

    private String scalar(String name, long value) {
        return writer.builder().freshConstant(name + ".scalar", Tensor.scalar(value));
    }

    /// Adds a node in a module's scope.
    private String add(String name, Op op, String... operands) {
        return writer.add(writer.builder().freshName(name), op, operands);
    }
}
