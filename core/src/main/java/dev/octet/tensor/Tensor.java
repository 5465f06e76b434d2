package dev.octet.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/// A dense, row-major array of one [DType] in memory outside the Java heap.
///
/// A tensor is a typed view: the [Arena] that allocated its segment owns the memory, and closing that arena ends every
/// tensor in it. Factories without an arena allocate from an automatic one, so that the memory is freed when the last
/// tensor over it is unreachable. Memory is 64-byte aligned and zeroed when allocated here.
///
/// Elements are addressed by their row-major index. [#getDouble] and [#getLong] convert from any type; the bulk methods
/// copy without conversion.
public final class Tensor implements Value {
    /// Alignment of allocated tensors, in bytes: one cache line, one AVX-512 register.
    public static final long ALIGNMENT = 64;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private final DType dtype;
    private final Shape shape;
    private final MemorySegment data;

    private Tensor(DType dtype, Shape shape, MemorySegment data) {
        this.dtype = dtype;
        this.shape = shape;
        this.data = data;
    }

    /// A zeroed tensor that lives as long as it is reachable.
    public static Tensor allocate(DType dtype, Shape shape) {
        return allocate(Arena.ofAuto(), dtype, shape);
    }

    /// A zeroed tensor owned by `arena`.
    ///
    /// @throws IllegalArgumentException if the virtual machine has not so much memory outside of its heap
    public static Tensor allocate(Arena arena, DType dtype, Shape shape) {
        long bytes = dtype.bytes(shape.elementCount());
        try {
            return new Tensor(dtype, shape, arena.allocate(Math.max(bytes, 1), ALIGNMENT).asSlice(0, bytes));
        } catch (OutOfMemoryError e) {
            throw new IllegalArgumentException(
                    dtype
                            + " "
                            + shape
                            + " takes "
                            + bytes
                            + " bytes, which the Java virtual machine refuses: "
                            + e.getMessage(),
                    e);
        }
    }

    /// A tensor over memory that somebody else owns (an arena's slice, a mapped file).
    ///
    /// @throws IllegalArgumentException if the segment is not exactly as long as the elements
    public static Tensor wrap(DType dtype, Shape shape, MemorySegment data) {
        long expected = dtype.bytes(shape.elementCount());
        if (data.byteSize() != expected) {
            throw new IllegalArgumentException(
                    dtype + " " + shape + " takes " + expected + " bytes, but the memory has " + data.byteSize());
        }
        return new Tensor(dtype, shape, data);
    }

    public static Tensor of(Shape shape, float... values) {
        return fromArray(DType.FLOAT32, shape, MemorySegment.ofArray(values), values.length);
    }

    public static Tensor of(Shape shape, double... values) {
        return fromArray(DType.FLOAT64, shape, MemorySegment.ofArray(values), values.length);
    }

    public static Tensor of(Shape shape, int... values) {
        return fromArray(DType.INT32, shape, MemorySegment.ofArray(values), values.length);
    }

    public static Tensor of(Shape shape, long... values) {
        return fromArray(DType.INT64, shape, MemorySegment.ofArray(values), values.length);
    }

    /// An 8-bit tensor of the bytes as they are; `dtype` is `INT8`, `UINT8` or `BOOL`.
    public static Tensor of(DType dtype, Shape shape, byte... values) {
        if (dtype.bits() != 8) {
            throw new IllegalArgumentException("bytes make a tensor of 8-bit elements, not of " + dtype);
        }
        return fromArray(dtype, shape, MemorySegment.ofArray(values), values.length);
    }

    /// A one-dimensional `INT64` tensor.
    public static Tensor vector(long... values) {
        return of(Shape.of(values.length), values);
    }

    public static Tensor scalar(float value) {
        return of(Shape.SCALAR, value);
    }

    public static Tensor scalar(long value) {
        return of(Shape.SCALAR, value);
    }

    /// A scalar of any type, converted as [#setDouble] does for floating and [#setLong] for other types.
    public static Tensor scalar(DType dtype, double value) {
        Tensor tensor = allocate(dtype, Shape.SCALAR);
        if (dtype.isFloating()) {
            tensor.setDouble(0, value);
        } else {
            tensor.setLong(0, (long) value);
        }
        return tensor;
    }

    private static Tensor fromArray(DType dtype, Shape shape, MemorySegment values, int count) {
        if (count != shape.elementCount()) {
            throw new IllegalArgumentException(
                    "shape " + shape + " has " + shape.elementCount() + " elements, but " + count + " were given");
        }
        Tensor tensor = allocate(dtype, shape);
        tensor.data.copyFrom(values);
        return tensor;
    }

    public DType dtype() {
        return dtype;
    }

    public Shape shape() {
        return shape;
    }

    /// The memory of the elements, exactly as long as they are.
    public MemorySegment data() {
        return data;
    }

    /// For loops that go on for long over arrays of their own: whoever waits for a result no more closes its arena.
    ///
    /// @throws IllegalStateException if the arena of this tensor's memory is closed
    public void requireAlive() {
        if (!data.scope().isAlive()) {
            throw new IllegalStateException("the memory of " + this + " is gone");
        }
    }

    public long elementCount() {
        return shape.elementCount();
    }

    @Override
    public long byteSize() {
        return data.byteSize();
    }

    /// The same memory seen in another shape of as many elements.
    public Tensor reshape(Shape newShape) {
        return wrap(dtype, newShape, data);
    }

    /// The same memory seen as another type of as many bits (`INT8` as `UINT8`).
    public Tensor reinterpret(DType newType) {
        if (newType.bits() != dtype.bits()) {
            throw new IllegalArgumentException("cannot see " + dtype + " as " + newType + ": the widths differ");
        }
        return new Tensor(newType, shape, data);
    }

    /// A read-only view of the same memory.
    public Tensor asReadOnly() {
        return data.isReadOnly() ? this : new Tensor(dtype, shape, data.asReadOnly());
    }

    /// A copy that lives as long as it is reachable.
    @Override
    public Tensor copy() {
        return copy(Arena.ofAuto());
    }

    @Override
    public Tensor copy(Arena arena) {
        Tensor copy = allocate(arena, dtype, shape);
        copy.data.copyFrom(data);
        return copy;
    }

    /// A converted copy: to integers toward zero and wrapping as Java casts do, to `BOOL` as "not zero".
    public Tensor cast(DType to) {
        Tensor result = allocate(to, shape);
        Conversion.convert(this, result);
        return result;
    }

    /// Element `index` as a double; 64-bit integers may lose low bits.
    public double getDouble(long index) {
        return switch (dtype) {
            case FLOAT32 -> data.getAtIndex(FLOAT, index);
            case FLOAT64 -> data.getAtIndex(DOUBLE, index);
            case FLOAT16 -> Float.float16ToFloat(data.getAtIndex(SHORT, index));
            case BFLOAT16 -> Float.intBitsToFloat(data.getAtIndex(SHORT, index) << 16);
            case UINT64 -> Conversion.unsignedToDouble(data.getAtIndex(LONG, index));
            case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT8E8M0, FLOAT4E2M1 ->
                    dtype.narrowFloat().decode(getCode(index));
            default -> getLong(index);
        };
    }

    /// Element `index` as a float.
    public float getFloat(long index) {
        return dtype == DType.FLOAT32 ? data.getAtIndex(FLOAT, index) : (float) getDouble(index);
    }

    /// Element `index` as a long; floating values are cut toward zero.
    public long getLong(long index) {
        return switch (dtype) {
            case FLOAT32,
                    FLOAT64,
                    FLOAT16,
                    BFLOAT16,
                    FLOAT8E4M3FN,
                    FLOAT8E4M3FNUZ,
                    FLOAT8E5M2,
                    FLOAT8E5M2FNUZ,
                    FLOAT8E8M0,
                    FLOAT4E2M1 ->
                    (long) getDouble(index);
            case INT2, INT4 -> getCode(index) << (32 - dtype.bits()) >> (32 - dtype.bits());
            case UINT2, UINT4 -> getCode(index);
            case INT8 -> data.get(ValueLayout.JAVA_BYTE, index);
            case UINT8, BOOL -> data.get(ValueLayout.JAVA_BYTE, index) & 0xFF;
            case INT16 -> data.getAtIndex(SHORT, index);
            case UINT16 -> data.getAtIndex(SHORT, index) & 0xFFFF;
            case INT32 -> data.getAtIndex(INT, index);
            case UINT32 -> data.getAtIndex(INT, index) & 0xFFFFFFFFL;
            case INT64, UINT64 -> data.getAtIndex(LONG, index);
        };
    }

    /// Element `index` as an int.
    ///
    /// @throws ArithmeticException if it does not fit
    public int getInt(long index) {
        return Math.toIntExact(getLong(index));
    }

    /// Stores a value, rounded to the nearest (ties to even) where the type is a narrower float, and saturated where
    /// that has at most 8 bits; to an integer type it is cut toward zero.
    public void setDouble(long index, double value) {
        switch (dtype) {
            case FLOAT32 -> data.setAtIndex(FLOAT, index, (float) value);
            case FLOAT64 -> data.setAtIndex(DOUBLE, index, value);
            case FLOAT16 -> data.setAtIndex(SHORT, index, Conversion.toFloat16(value));
            case BFLOAT16 -> data.setAtIndex(SHORT, index, Conversion.toBfloat16((float) value));
            case BOOL -> setLong(index, value != 0 ? 1 : 0);
            case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT8E8M0, FLOAT4E2M1 ->
                    setCode(index, dtype.narrowFloat().encode(value, true));
            default -> setLong(index, (long) value);
        }
    }

    public void setFloat(long index, float value) {
        setDouble(index, value);
    }

    /// Stores the low bits of an integer; a floating type takes the nearest value, `BOOL` "not zero".
    public void setLong(long index, long value) {
        switch (dtype) {
            case FLOAT32,
                    FLOAT64,
                    FLOAT16,
                    BFLOAT16,
                    FLOAT8E4M3FN,
                    FLOAT8E4M3FNUZ,
                    FLOAT8E5M2,
                    FLOAT8E5M2FNUZ,
                    FLOAT8E8M0,
                    FLOAT4E2M1 ->
                    setDouble(index, value);
            case INT2, UINT2, INT4, UINT4 -> setCode(index, (int) value);
            case INT8, UINT8 -> data.set(ValueLayout.JAVA_BYTE, index, (byte) value);
            case BOOL -> data.set(ValueLayout.JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
            case INT16, UINT16 -> data.setAtIndex(SHORT, index, (short) value);
            case INT32, UINT32 -> data.setAtIndex(INT, index, (int) value);
            case INT64, UINT64 -> data.setAtIndex(LONG, index, value);
        }
    }

    /// The bits of element `index` of a type of at most 8 bits, as an unsigned number.
    public int getCode(long index) {
        int bits = dtype.bits();
        if (bits >= 8) {
            return data.get(ValueLayout.JAVA_BYTE, index) & 0xFF;
        }
        Objects.checkIndex(index, elementCount());
        return (data.get(ValueLayout.JAVA_BYTE, index * bits >> 3) >> shift(index)) & ((1 << bits) - 1);
    }

    /// Stores the bits of element `index` of a type of at most 8 bits.
    public void setCode(long index, int code) {
        int bits = dtype.bits();
        if (bits >= 8) {
            data.set(ValueLayout.JAVA_BYTE, index, (byte) code);
            return;
        }
        Objects.checkIndex(index, elementCount());
        int mask = (1 << bits) - 1;
        int others = data.get(ValueLayout.JAVA_BYTE, index * bits >> 3) & ~(mask << shift(index));
        data.set(ValueLayout.JAVA_BYTE, index * bits >> 3, (byte) (others | (code & mask) << shift(index)));
    }

    private int shift(long index) {
        return (int) (index * dtype.bits() & 7);
    }

    /// All elements as floats, converted as [#getFloat] does.
    public float[] toFloatArray() {
        if (dtype == DType.FLOAT32) {
            return data.toArray(FLOAT);
        }
        float[] values = new float[Math.toIntExact(elementCount())];
        for (int i = 0; i < values.length; i++) {
            values[i] = getFloat(i);
        }
        return values;
    }

    /// All elements as longs, converted as [#getLong] does.
    public long[] toLongArray() {
        if (dtype == DType.INT64) {
            return data.toArray(LONG);
        }
        long[] values = new long[Math.toIntExact(elementCount())];
        for (int i = 0; i < values.length; i++) {
            values[i] = getLong(i);
        }
        return values;
    }

    /// All elements as ints.
    ///
    /// @throws ArithmeticException if one does not fit
    public int[] toIntArray() {
        if (dtype == DType.INT32) {
            return data.toArray(INT);
        }
        int[] values = new int[Math.toIntExact(elementCount())];
        for (int i = 0; i < values.length; i++) {
            values[i] = getInt(i);
        }
        return values;
    }

    /// Type and shape, not the elements.
    @Override
    public String toString() {
        return dtype + " " + shape;
    }
}
