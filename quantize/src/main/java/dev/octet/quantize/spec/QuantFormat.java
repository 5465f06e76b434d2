package dev.octet.quantize.spec;

import java.util.Set;

/// In which operators a quantized graph is written.
public enum QuantFormat {
    /// Float operators between DequantizeLinear and QuantizeLinear: any runtime can read it.
    QDQ(Set.of()),
    /// Integer operators, QLinearConv and the like, as far as ONNX Runtime has them; the rest stays QDQ. They give
    /// integers at once, so that only limits can follow, on the integers; matrix products can give floats to what
    /// follows. Where weights alone are integers: MatMulNBits.
    QOPERATOR(Set.of("Conv", "Add", "Mul", "GlobalAveragePool", "AveragePool", "Concat"));

    private final Set<String> rounding;

    QuantFormat(Set<String> rounding) {
        this.rounding = rounding;
    }

    /// Whether anything that is computed with an operator of the given ONNX type may follow it before its result is
    /// rounded; else ReLU and Clip only.
    public boolean roundsLast(String type) {
        return !rounding.contains(type);
    }
}
