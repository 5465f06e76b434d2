package dev.octet.tensor;

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

    DType(int bits, boolean signed, boolean floating) {
        this.bits = bits;
        this.signed = signed;
        this.floating = floating;
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
