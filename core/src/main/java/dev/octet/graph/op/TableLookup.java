package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A function of 8-bit integers given by all of its results: `y = table[x − smallest]`. Inputs x, table (INT8 or UINT8
/// `[256]`); the output has the table's type.
public record TableLookup() implements LoweredOp {
    public static final int ENTRIES = 256;

    @Override
    public String type() {
        return "TableLookup";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "x", AffineParams.EIGHT_BIT);
        DType dtype = Operands.require(inference, 1, "table", AffineParams.EIGHT_BIT);
        Operands.requireVector(inference, 1, "table", Dim.of(ENTRIES));
        inference.output(0, dtype, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor table = Operands.get(inputs, 1);
        long min = x.dtype().minValue();
        for (long i = 0; i < x.elementCount(); i++) {
            outputs.get(0).setLong(i, table.getLong(x.getLong(i) - min));
        }
    }
}
