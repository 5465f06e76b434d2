package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How many elements a tensor has, as an INT64 scalar: ONNX Size.
public record SizeOf() implements Op {
    public static SizeOf of(Attributes attributes) {
        return new SizeOf();
    }

    @Override
    public String type() {
        return "Size";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        inference.type(0);
        inference.output(0, DType.INT64, PartialShape.ofRank(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        outputs.get(0).setLong(0, Operands.get(inputs, 0).elementCount());
    }
}
