package dev.octet.graph.op;

import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.EnumSet;
import java.util.Set;

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

    Set<DType> operandTypes() {
        Set<DType> types = EnumSet.copyOf(Operands.NUMERIC);
        if (this == MAX || this == MIN) {
            types.add(DType.BOOL);
        }
        return types;
    }

    /// Whether the formula leaves the integers, so that integer operands go through double.
    boolean isFloating() {
        return this == L2 || this == LOG_SUM || this == LOG_SUM_EXP;
    }

    /// Reduces the elements of a loop over one tensor, in double.
    double fold(Tensor x, long start, StridedLoop loop) {
        // The exponentials are taken relative to the largest element, lest they overflow.
        double shift = this == LOG_SUM_EXP ? largest(x, start, loop) : 0;
        double[] state = {
            this == PROD ? 1 : this == MAX ? Double.NEGATIVE_INFINITY : this == MIN ? Double.POSITIVE_INFINITY : 0
        };
        long[] count = {0};
        long length = loop.length();
        long step = loop.step(0);
        loop.forEachRow(
                o -> {
                    double sum = state[0];
                    for (long i = 0, at = o[0]; i < length; i++, at += step) {
                        sum = add(sum, x.getDouble(at), shift);
                    }
                    state[0] = sum;
                    count[0] += length;
                },
                start);
        return switch (this) {
            case MEAN -> state[0] / count[0];
            case L2 -> Math.sqrt(state[0]);
            case LOG_SUM -> Math.log(state[0]);
            case LOG_SUM_EXP -> shift + Math.log(state[0]);
            default -> state[0];
        };
    }

    private static double largest(Tensor x, long start, StridedLoop loop) {
        double largest = MAX.fold(x, start, loop);
        return Double.isInfinite(largest) ? 0 : largest;
    }

    private double add(double sum, double x, double shift) {
        return switch (this) {
            case SUM, MEAN, LOG_SUM -> sum + x;
            case MAX -> Math.max(sum, x);
            case MIN -> Math.min(sum, x);
            case PROD -> sum * x;
            case L1 -> sum + Math.abs(x);
            case L2, SUM_SQUARE -> sum + x * x;
            case LOG_SUM_EXP -> sum + Math.exp(x - shift);
        };
    }

    /// Reduces the elements of a loop over one tensor of integers; sums wrap, a mean is cut toward zero.
    long foldIntegers(Tensor x, long start, StridedLoop loop) {
        // With the sign bit flipped, unsigned numbers compare as signed ones do.
        long flip = x.dtype() == DType.UINT64 && (this == MAX || this == MIN) ? Long.MIN_VALUE : 0;
        long[] state = {this == PROD ? 1 : this == MAX ? Long.MIN_VALUE : this == MIN ? Long.MAX_VALUE : 0};
        long[] count = {0};
        long length = loop.length();
        long step = loop.step(0);
        loop.forEachRow(
                o -> {
                    long sum = state[0];
                    for (long i = 0, at = o[0]; i < length; i++, at += step) {
                        sum = add(sum, x.getLong(at) ^ flip);
                    }
                    state[0] = sum;
                    count[0] += length;
                },
                start);
        if (count[0] == 0) {
            return ofNothing(x.dtype());
        }
        return this == MEAN ? state[0] / count[0] : state[0] ^ flip;
    }

    private long ofNothing(DType dtype) {
        return switch (this) {
            case MAX -> dtype == DType.BOOL || dtype == DType.UINT64 ? 0 : dtype.minValue();
            case MIN -> dtype == DType.BOOL ? 1 : dtype == DType.UINT64 ? -1 : dtype.maxValue();
            case PROD -> 1;
            default -> 0;
        };
    }

    private long add(long sum, long x) {
        return switch (this) {
            case SUM, MEAN -> sum + x;
            case MAX -> Math.max(sum, x);
            case MIN -> Math.min(sum, x);
            case PROD -> sum * x;
            case L1 -> sum + Math.abs(x);
            case SUM_SQUARE -> sum + x * x;
            case L2, LOG_SUM, LOG_SUM_EXP -> throw new IllegalStateException(this + " is not an integer formula");
        };
    }
}
