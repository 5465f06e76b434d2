package dev.octet.graph.op;

/// Functions of [Variadic].
public enum VariadicFunction {
    MIN("Min"),
    MAX("Max"),
    SUM("Sum"),
    MEAN("Mean");

    private final String type;

    VariadicFunction(String type) {
        this.type = type;
    }

    /// ONNX operator type.
    public String type() {
        return type;
    }
}
