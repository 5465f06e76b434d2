package dev.octet.data.npy;

import dev.octet.data.DataException;
import dev.octet.file.StagedFiles;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/// Arrays in NumPy's `.npy` format, versions 1 to 3.
///
/// Format: `93 'NUMPY' | major | minor | header length (u16, from version 2 on u32) | header | elements`, where the
/// header is a Python dictionary literal with `descr`, `fortran_order` and `shape`.
///
/// @see "NumPy documentation, numpy.lib.format"
public final class Npy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MAX_HEADER = 1 << 16;
    private static final int ALIGNMENT = 64;
    private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([^)]*)\\)");

    private Npy() {}

    /// @throws DataException if the file is not a `.npy` array of numbers, is cut short, or has bytes left over
    public static Tensor read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new DataException(file + ": a folder, not a .npy array");
        }
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, file.toString(), Files.size(file));
        }
    }

    /// Reads one array that takes up the whole stream.
    ///
    /// @param source what messages call the stream
    /// @param limit an upper bound of the stream's length in bytes; a header that claims more is refused before memory
    ///   is allocated
    static Tensor read(InputStream stream, String source, long limit) throws IOException {
        DataInputStream in = new DataInputStream(stream);
        try {
            String header = readHeader(in, source);
            String descr = match(DESCR, header, "descr", source);
            DType dtype = dtype(descr, source);
            Shape shape = shape(match(SHAPE, header, "shape", source), source);
            long bytes = dtype.bytes(shape.elementCount());
            if (bytes > limit) {
                throw new DataException(
                        source
                                + ": "
                                + dtype
                                + " "
                                + shape
                                + " takes "
                                + bytes
                                + " bytes, but only "
                                + limit
                                + " are there");
            }
            if (match(ORDER, header, "fortran_order", source).equals("True") && shape.rank() > 1) {
                throw new DataException(
                        source + ": expected C order, found Fortran order (save numpy.ascontiguousarray of it)");
            }
            byte[] data = new byte[Math.toIntExact(bytes)];
            in.readFully(data);
            if (in.read() >= 0) {
                throw new DataException(source + ": bytes are left over after " + dtype + " " + shape);
            }
            if (descr.startsWith(">")) {
                reverseElements(data, dtype.bits() / 8);
            }
            Tensor tensor = Tensor.allocate(dtype, shape);
            tensor.data().copyFrom(MemorySegment.ofArray(data));
            return tensor;
        } catch (EOFException e) {
            throw new DataException(source + ": the file ends too early", e);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new DataException(source + ": " + e.getMessage(), e);
        }
    }

    private static String readHeader(DataInputStream in, String source) throws IOException {
        byte[] magic = in.readNBytes(MAGIC.length);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new DataException(source + ": not a .npy array (it does not start with \\x93NUMPY)");
        }
        int major = in.readUnsignedByte();
        in.readUnsignedByte();
        if (major < 1 || major > 3) {
            throw new DataException(source + ": .npy version: expected 1 to 3, found " + major);
        }
        int length =
                major == 1
                        ? Short.toUnsignedInt(Short.reverseBytes(in.readShort()))
                        : Integer.reverseBytes(in.readInt());
        if (length < 0 || length > MAX_HEADER) {
            throw new DataException(source + ": header length: expected at most " + MAX_HEADER + ", found " + length);
        }
        byte[] header = new byte[length];
        in.readFully(header);
        return new String(header, StandardCharsets.UTF_8);
    }

    private static String match(Pattern pattern, String header, String key, String source) {
        Matcher matcher = pattern.matcher(header);
        if (!matcher.find()) {
            throw new DataException(source + ": the header has no usable '" + key + "': " + header.strip());
        }
        return matcher.group(1);
    }

    private static DType dtype(String descr, String source) {
        return switch (descr.isEmpty() ? "" : descr.substring(1)) {
            case "f4" -> DType.FLOAT32;
            case "f8" -> DType.FLOAT64;
            case "f2" -> DType.FLOAT16;
            case "i1" -> DType.INT8;
            case "u1" -> DType.UINT8;
            case "i2" -> DType.INT16;
            case "u2" -> DType.UINT16;
            case "i4" -> DType.INT32;
            case "u4" -> DType.UINT32;
            case "i8" -> DType.INT64;
            case "u8" -> DType.UINT64;
            case "b1" -> DType.BOOL;
            default ->
                    throw new DataException(
                            source + ": element type: expected a number or bool, found '" + descr + "'");
        };
    }

    private static String descr(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> "<f4";
            case FLOAT64 -> "<f8";
            case FLOAT16 -> "<f2";
            case INT8 -> "|i1";
            case UINT8 -> "|u1";
            case INT16 -> "<i2";
            case UINT16 -> "<u2";
            case INT32 -> "<i4";
            case UINT32 -> "<u4";
            case INT64 -> "<i8";
            case UINT64 -> "<u8";
            case BOOL -> "|b1";
            default -> throw new IllegalArgumentException("NumPy has no type for " + dtype);
        };
    }

    private static Shape shape(String text, String source) {
        try {
            long[] dims =
                    Arrays.stream(text.split(",", -1))
                            .map(String::strip)
                            .filter(s -> !s.isEmpty())
                            .mapToLong(Long::parseLong)
                            .toArray();
            return Shape.of(dims);
        } catch (NumberFormatException e) {
            throw new DataException(source + ": shape: expected integers, found (" + text + ")", e);
        }
    }

    private static void reverseElements(byte[] data, int width) {
        for (int start = 0; start < data.length; start += width) {
            for (int i = 0, j = width - 1; i < j; i++, j--) {
                byte swap = data[start + i];
                data[start + i] = data[start + j];
                data[start + j] = swap;
            }
        }
    }

    /// Writes an array, whole or not at all.
    ///
    /// @throws IllegalArgumentException if NumPy has no such type
    public static void write(Tensor tensor, Path file) throws IOException {
        StagedFiles.replace(
                file,
                temporary -> {
                    try (OutputStream out = Files.newOutputStream(temporary)) {
                        write(tensor, out);
                    }
                });
    }

    /// Writes an array (version 1, C order, little endian).
    ///
    /// @throws IllegalArgumentException if NumPy has no such type
    public static void write(Tensor tensor, OutputStream out) throws IOException {
        String dims = LongStream.of(tensor.shape().dims()).mapToObj(d -> d + ",").collect(Collectors.joining(" "));
        String header = "{'descr': '" + descr(tensor.dtype()) + "', 'fortran_order': False, 'shape': (" + dims + "), }";
        int prefix = MAGIC.length + 4;
        int length = Math.ceilDiv(prefix + header.length() + 1, ALIGNMENT) * ALIGNMENT - prefix;
        byte[] padded = (header + " ".repeat(length - header.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII);
        out.write(MAGIC);
        out.write(new byte[] {1, 0, (byte) length, (byte) (length >>> 8)});
        out.write(padded);
        copy(tensor.data(), out);
    }

    private static void copy(MemorySegment data, OutputStream out) throws IOException {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new IOException("Octet writes .npy on little-endian machines only");
        }
        int chunk = 1 << 20;
        for (long offset = 0; offset < data.byteSize(); offset += chunk) {
            out.write(data.asSlice(offset, Math.min(chunk, data.byteSize() - offset)).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    static Tensor read(byte[] bytes, String source) throws IOException {
        return read(new ByteArrayInputStream(bytes), source, bytes.length);
    }
}
