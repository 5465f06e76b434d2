package dev.octet.tensor;

import org.jspecify.annotations.Nullable;

/// Element type of a [Tensor].
///
/// Types below 8 bits are packed, the first element in the low bits of a byte (ONNX `TensorProto`, "uint4 and int4
/// values are packed … the first element is stored in the 4 LSB").
public enum DType {
    FLOAT32(32, true, true),
    FLOAT64(64, true, true),
    /// IEEE 754 binary16.
    FLOAT16(16, true, true),
    /// The upper half of a binary32.
    BFLOAT16(16, true, true),
    FLOAT8E4M3FN(NarrowFloat.E4M3FN, 8),
    FLOAT8E4M3FNUZ(NarrowFloat.E4M3FNUZ, 8),
    FLOAT8E5M2(NarrowFloat.E5M2, 8),
    FLOAT8E5M2FNUZ(NarrowFloat.E5M2FNUZ, 8),
    FLOAT8E8M0(NarrowFloat.E8M0, 8),
    FLOAT4E2M1(NarrowFloat.E2M1, 4),
    INT2(2, true, false),
    UINT2(2, false, false),
    INT4(4, true, false),
    UINT4(4, false, false),
    INT8(8, true, false),
    UINT8(8, false, false),
    INT16(16, true, false),
    UINT16(16, false, false),
    INT32(32, true, false),
    UINT32(32, false, false),
    INT64(64, true, false),
    UINT64(64, false, false),
    /// One byte an element, 0 or 1.
    BOOL(8, false, false);

    private final int bits;
    private final boolean signed;
    private final boolean floating;
    private final @Nullable NarrowFloat narrow;

    DType(int bits, boolean signed, boolean floating) {
        this(bits, signed, floating, null);
    }

    DType(NarrowFloat narrow, int bits) {
        this(bits, narrow != NarrowFloat.E8M0, true, narrow);
    }

    DType(int bits, boolean signed, boolean floating, @Nullable NarrowFloat narrow) {
        this.bits = bits;
        this.signed = signed;
        this.floating = floating;
        this.narrow = narrow;
    }

    /// Bits of one element.
    public int bits() {
        return bits;
    }

    public boolean isSigned() {
        return signed;
    }

    public boolean isFloating() {
        return floating;
    }

    /// Whether this is a floating type of at most 8 bits, whose arithmetic is that of a wider one.
    public boolean isNarrowFloat() {
        return narrow != null;
    }

    /// The format of a floating type of at most 8 bits.
    ///
    /// @throws IllegalStateException for another type
    public NarrowFloat narrowFloat() {
        if (narrow == null) {
            throw new IllegalStateException(this + " is no floating type of at most 8 bits");
        }
        return narrow;
    }

    /// Whether this is an integer type; `BOOL` is not.
    public boolean isInteger() {
        return !floating && this != BOOL;
    }

    /// Bytes that `count` packed elements take.
    public long bytes(long count) {
        return Math.ceilDiv(Math.multiplyExact(count, bits), 8);
    }

    /// Smallest value of an integer type of at most 63 bits.
    public long minValue() {
        requireIntegerRange();
        return signed ? -(1L << (bits - 1)) : 0;
    }

    /// Largest value of an integer type; that of `UINT64` does not fit and is refused.
    public long maxValue() {
        requireIntegerRange();
        return signed ? (1L << (bits - 1)) - 1 : (1L << bits) - 1;
    }

    private void requireIntegerRange() {
        if (!isInteger() || this == UINT64) {
            throw new IllegalArgumentException(this + " has no integer range that fits in 64 signed bits");
        }
    }
}
