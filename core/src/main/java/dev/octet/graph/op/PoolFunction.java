package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import java.util.EnumSet;
import java.util.Set;

/// Functions of [Pool] and [GlobalPool].
public enum PoolFunction {
    MAX("MaxPool", 12),
    AVERAGE("AveragePool", 19),
    /// `(Σ|x|ᵖ)^(1/p)`
    LP("LpPool", 18);

    private final String type;
    private final int sinceVersion;

    PoolFunction(String type, int sinceVersion) {
        this.type = type;
        this.sinceVersion = sinceVersion;
    }

    /// ONNX operator type.
    public String type() {
        return type;
    }

    int sinceVersion() {
        return sinceVersion;
    }

    Attributes attributes(Pool pool) {
        Attributes.Builder builder = pool.window().attributes();
        if (pool.ceilMode()) {
            builder.put("ceil_mode", true);
        }
        switch (this) {
            case MAX -> {
                if (pool.columnMajorIndices()) {
                    builder.put("storage_order", 1L);
                }
            }
            case AVERAGE -> builder.put("count_include_pad", pool.countIncludePad());
            case LP -> builder.put("p", (long) pool.p());
        }
        return builder.build();
    }

    Set<DType> operandTypes() {
        Set<DType> types = EnumSet.copyOf(Operands.FLOATING);
        if (this == MAX) {
            types.addAll(EnumSet.of(DType.INT8, DType.UINT8));
        }
        return types;
    }
}
