package dev.octet.graph.op;

/// Functions of [Reduce].
public enum ReduceFunction {
    SUM("ReduceSum"),
    MEAN("ReduceMean"),
    MAX("ReduceMax"),
    MIN("ReduceMin"),
    PROD("ReduceProd"),
    /// `Σ|x|`
    L1("ReduceL1"),
    /// `√Σx²`
    L2("ReduceL2"),
    LOG_SUM("ReduceLogSum"),
    LOG_SUM_EXP("ReduceLogSumExp"),
    SUM_SQUARE("ReduceSumSquare");

    private final String type;

    ReduceFunction(String type) {
        this.type = type;
    }

    /// ONNX operator type.
    public String type() {
        return type;
    }
}
