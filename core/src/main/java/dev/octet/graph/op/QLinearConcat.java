package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Quantized Concat (com.microsoft). Inputs yScale, yZeroPoint, then x, scale, zeroPoint of each part, which becomes
/// `clamp(rne((x − zeroPoint)·scale/yScale) + yZeroPoint)`.
public record QLinearConcat(int axis) implements Op {
    public static QLinearConcat of(Attributes attributes) {
        return new QLinearConcat(attributes.getInt("axis", 0));
    }

    @Override
    public String type() {
        return "QLinearConcat";
    }

    @Override
    public String domain() {
        return "com.microsoft";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "y_scale", Operands.FLOATING);
        DType y = Operands.require(inference, 1, "y_zero_point", AffineParams.EIGHT_BIT);
        int parts = (inference.inputCount() - 2) / 3;
        if (parts < 1 || inference.inputCount() != 2 + 3 * parts) {
            throw Inference.mismatch("operands", "2, then 3 for each part", inference.inputCount());
        }
        List<@Nullable TypeInfo> types = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            AffineParams.requireTensor(inference, 2 + 3 * part, "part " + part);
            types.add(new TypeInfo(y, inference.shape(2 + 3 * part)));
        }
        Inference joined = new Inference(types, List.of(), 1);
        new Concat(axis).infer(joined);
        TypeInfo type = Objects.requireNonNull(joined.outputs().get(0));
        inference.output(0, y, type.shape());
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor y = outputs.get(0);
        AffineParams yParams = AffineParams.of(inputs, 0, y.dtype());
        List<@Nullable Tensor> parts = new ArrayList<>();
        for (int part = 2; part < inputs.size(); part += 3) {
            Tensor x = Operands.get(inputs, part);
            AffineParams xParams = AffineParams.of(inputs, part + 1, x.dtype());
            Tensor requantized = Tensor.allocate(y.dtype(), x.shape());
            for (long i = 0; i < x.elementCount(); i++) {
                requantized.setLong(i, yParams.quantize(xParams.dequantize((int) x.getLong(i), 0), 0));
            }
            parts.add(requantized);
        }
        new Concat(axis).evaluate(parts, outputs);
    }
}
