package dev.octet.onnx;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.TensorProto;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Parses an encoded message without copying its weights.
///
/// Protobuf's parser wants the whole message on the heap. So the encoded bytes are copied there except `raw_data` of
/// tensors, in whose place two fields say where it lies. What is left is small even for the largest model.
///
/// Wire format: a field is a varint `number << 3 | type`, then a varint (0), 8 bytes (1), a length and as many bytes
/// (2), fields up to an end tag (3, 4), or 4 bytes (5).
final class ModelParser {
    /// The messages on the way to a tensor.
    enum Message {
        MODEL,
        GRAPH,
        NODE,
        ATTRIBUTE,
        TENSOR;

        @Nullable Message child(int field) {
            return switch (this) {
                case MODEL -> field == ModelProto.GRAPH_FIELD_NUMBER ? GRAPH : null;
                case GRAPH -> field == 1 ? NODE : field == 5 ? TENSOR : null;
                case NODE -> field == 5 ? ATTRIBUTE : null;
                case ATTRIBUTE -> field == 5 ? TENSOR : field == 6 ? GRAPH : null;
                case TENSOR -> null;
            };
        }
    }

    /// Nesting that is followed: protobuf's own limit, so that a hostile file ends in an error and not in a full stack.
    private static final int MAX_DEPTH = 100;

    /// Graphs in a file, the model's own and those inside nodes. Real models have some dozens.
    private static final int MAX_GRAPHS = 10_000;

    /// What may be on the heap. Real models have some megabytes beside their weights.
    private static final long MAX_SKELETON = 1L << 30;

    private static final int RAW_DATA = TensorProto.RAW_DATA_FIELD_NUMBER;

    private final MemorySegment bytes;
    private long copied;
    private int graphs;

    private ModelParser(MemorySegment bytes) {
        this.bytes = bytes;
    }

    static ModelProto parseModel(MemorySegment bytes) {
        try {
            return ModelProto.parseFrom(skeleton(bytes, Message.MODEL));
        } catch (InvalidProtocolBufferException e) {
            throw malformed(e).within("not a valid ONNX model");
        } catch (OnnxFormatException e) {
            throw e.within("not a valid ONNX model");
        }
    }

    static TensorProto parseTensor(MemorySegment bytes) {
        try {
            return TensorProto.parseFrom(skeleton(bytes, Message.TENSOR));
        } catch (InvalidProtocolBufferException e) {
            throw malformed(e);
        }
    }

    /// What protobuf's parser refuses inside of messages that end where they should. It does not say where.
    static OnnxFormatException malformed(InvalidProtocolBufferException e) {
        return new OnnxFormatException(
                "expected fields in protobuf's encoding, found one that is cut off, nested too deep, or begins with no"
                        + " valid number and form",
                e);
    }

    private static byte[] skeleton(MemorySegment bytes, Message message) {
        return new ModelParser(bytes).copy(message, 0, bytes.byteSize(), 0).toByteArray();
    }

    private ByteArrayOutputStream copy(Message message, long start, long end, int depth) {
        if (depth > MAX_DEPTH) {
            throw new OnnxFormatException("byte " + start + ": messages are nested deeper than " + MAX_DEPTH);
        }
        if (message == Message.GRAPH && ++graphs > MAX_GRAPHS) {
            throw new OnnxFormatException("byte " + start + ": the file has more than " + MAX_GRAPHS + " graphs");
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Cursor cursor = new Cursor(start, end);
        int groups = 0;
        // What is copied as it is, many fields at once.
        long copiedFrom = start;
        while (cursor.at < end) {
            long fieldStart = cursor.at;
            long tag = cursor.varint();
            int number = (int) (tag >>> 3);
            int type = (int) tag & 7;
            long length = cursor.skip(type);
            boolean delimited = type == WireFormat.WIRETYPE_LENGTH_DELIMITED;
            Message child = groups == 0 && delimited ? message.child(number) : null;
            groups += type == WireFormat.WIRETYPE_START_GROUP ? 1 : type == WireFormat.WIRETYPE_END_GROUP ? -1 : 0;
            if (child != null) {
                copyRange(out, copiedFrom, fieldStart);
                byte[] content = copy(child, cursor.at - length, cursor.at, depth + 1).toByteArray();
                varint(out, tag);
                varint(out, content.length);
                out.writeBytes(content);
                copiedFrom = cursor.at;
            } else if (message == Message.TENSOR && number == RAW_DATA && delimited) {
                copyRange(out, copiedFrom, fieldStart);
                varint(out, (long) TensorProto.MAPPED_OFFSET_FIELD_NUMBER << 3);
                varint(out, cursor.at - length);
                varint(out, (long) TensorProto.MAPPED_LENGTH_FIELD_NUMBER << 3);
                varint(out, length);
                copiedFrom = cursor.at;
            } else if (message == Message.TENSOR && number >= TensorProto.MAPPED_OFFSET_FIELD_NUMBER) {
                throw new OnnxFormatException("byte " + fieldStart + ": tensor field " + number + " is reserved");
            }
        }
        copyRange(out, copiedFrom, end);
        return out;
    }

    private void copyRange(ByteArrayOutputStream out, long start, long end) {
        if (start == end) {
            return;
        }
        copied += end - start;
        if (copied > MAX_SKELETON) {
            throw new OnnxFormatException("more than " + MAX_SKELETON + " bytes beside the tensors' raw_data");
        }
        out.writeBytes(bytes.asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE));
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        byte[] encoded = new byte[CodedOutputStream.computeUInt64SizeNoTag(value)];
        for (int i = 0; i < encoded.length; i++) {
            encoded[i] = (byte) (value >>> 7 * i & 0x7F | (i + 1 < encoded.length ? 0x80 : 0));
        }
        out.writeBytes(encoded);
    }

    /// A position in the encoded bytes that never leaves its message.
    private final class Cursor {
        private final long end;
        private long at;

        Cursor(long start, long end) {
            this.at = start;
            this.end = end;
        }

        long varint() {
            long value = 0;
            for (int shift = 0; shift < 64; shift += 7) {
                require(1);
                byte b = bytes.get(ValueLayout.JAVA_BYTE, at++);
                value |= (b & 0x7FL) << shift;
                if (b >= 0) {
                    return value;
                }
            }
            throw new OnnxFormatException("byte " + at + ": a number has more than 64 bits");
        }

        /// Goes behind the content of a field and returns the content's length; groups have none of their own.
        long skip(int type) {
            long start = at;
            long length =
                    switch (type) {
                        case WireFormat.WIRETYPE_VARINT -> varint() * 0;
                        case WireFormat.WIRETYPE_FIXED64 -> 8;
                        case WireFormat.WIRETYPE_FIXED32 -> 4;
                        case WireFormat.WIRETYPE_LENGTH_DELIMITED -> varint();
                        case WireFormat.WIRETYPE_START_GROUP, WireFormat.WIRETYPE_END_GROUP -> 0;
                        default -> throw new OnnxFormatException("byte " + start + ": unknown wire type " + type);
                    };
            require(length);
            at += length;
            return length;
        }

        private void require(long count) {
            if (count < 0 || count > end - at) {
                throw new OnnxFormatException(
                        "byte "
                                + at
                                + ": expected "
                                + Long.toUnsignedString(count)
                                + " more bytes, but the message ends at byte "
                                + end);
            }
        }
    }
}
