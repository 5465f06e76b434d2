package dev.octet.onnx;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.octet.file.StagedFiles;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.StringStringEntryProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.onnx.proto.TensorProto.DataLocation;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// Writes an encoded model and its weights to files. The weights go from their memory to the file; files appear whole
/// or not at all.
final class ModelOutput {
    /// A constant: the message without the elements, and the elements.
    record Weight(TensorProto header, Tensor tensor) {}

    /// Smaller tensors stay in the model: readers want the shapes and axes among them at hand.
    private static final long SMALLEST_EXTERNAL = 1024;

    private static final long ALIGNMENT = 64;
    private static final long PAGE = 4096;

    /// Tensors from here on start at a page, so that readers can map them one by one.
    private static final long PAGE_ALIGNED = 1 << 20;

    private static final int CHUNK = 1 << 24;

    private final Path file;
    private final StagedFiles staged;

    private ModelOutput(Path file, StagedFiles staged) {
        this.file = file;
        this.staged = staged;
    }

    /// @param model without graph
    /// @param graph without the weights
    /// @param external whether the weights go to a file of their own
    static void write(Path file, ModelProto model, GraphProto graph, List<Weight> weights, boolean external)
            throws IOException {
        try (StagedFiles staged = new StagedFiles()) {
            ModelOutput output = new ModelOutput(file, staged);
            // The data first: a model must not stand there without them.
            List<Weight> written = external ? output.writeData(weights) : weights;
            output.writeModel(model, graph, written);
            staged.commit();
        }
    }

    private Path dataFile() {
        return file.resolveSibling(file.getFileName() + ".data");
    }

    /// Writes the larger tensors and returns all, those that are written with a reference in place of their elements.
    private List<Weight> writeData(List<Weight> weights) throws IOException {
        List<Weight> result = new ArrayList<>();
        staged.write(
                dataFile(),
                temporary -> {
                    try (FileChannel channel = create(temporary)) {
                        for (Weight weight : weights) {
                            boolean small = weight.tensor.byteSize() < SMALLEST_EXTERNAL;
                            result.add(small ? weight : writeElsewhere(weight, channel));
                        }
                    }
                });
        return result;
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    private Weight writeElsewhere(Weight weight, FileChannel channel) throws IOException {
        long size = weight.tensor.byteSize();
        long alignment = size >= PAGE_ALIGNED ? PAGE : ALIGNMENT;
        long offset = Math.ceilDiv(channel.position(), alignment) * alignment;
        channel.position(offset);
        copy(weight.tensor.data(), channel);
        TensorProto reference =
                weight.header.toBuilder()
                        .setDataLocation(DataLocation.EXTERNAL)
                        .addExternalData(entry("location", dataFile().getFileName().toString()))
                        .addExternalData(entry("offset", Long.toString(offset)))
                        .addExternalData(entry("length", Long.toString(size)))
                        .build();
        return new Weight(reference, weight.tensor);
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private void writeModel(ModelProto model, GraphProto graph, List<Weight> weights) throws IOException {
        staged.write(
                file,
                temporary -> {
                    try (FileChannel channel = create(temporary)) {
                        write(channel, model, graph, weights);
                    }
                });
    }

    /// Writes all to one place.
    ///
    /// @param model without graph
    /// @param graph without the weights
    static void write(WritableByteChannel channel, ModelProto model, GraphProto graph, List<Weight> weights)
            throws IOException {
        long graphLength = graph.getSerializedSize();
        for (Weight weight : weights) {
            graphLength += fieldLength(length(weight));
        }
        if (graphLength > Integer.MAX_VALUE) {
            throw new IOException(
                    "the model takes "
                            + graphLength
                            + " bytes beside its external data, "
                            + "more than the 2 GiB that the format allows");
        }
        CodedOutputStream out = CodedOutputStream.newInstance(Channels.newOutputStream(channel), 1 << 16);
        model.writeTo(out);
        out.writeTag(ModelProto.GRAPH_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        out.writeUInt64NoTag(graphLength);
        graph.writeTo(out);
        for (Weight weight : weights) {
            out.writeTag(GraphProto.INITIALIZER_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt64NoTag(length(weight));
            weight.header.writeTo(out);
            if (isInline(weight)) {
                out.writeTag(TensorProto.RAW_DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
                out.writeUInt64NoTag(weight.tensor.byteSize());
                out.flush();
                copy(weight.tensor.data(), channel);
            }
        }
        out.flush();
    }

    private static boolean isInline(Weight weight) {
        return weight.header.getDataLocation() == DataLocation.DEFAULT;
    }

    private static long length(Weight weight) {
        long header = weight.header.getSerializedSize();
        return isInline(weight) ? header + fieldLength(weight.tensor.byteSize()) : header;
    }

    /// Bytes of a length-delimited field whose number is below 16.
    private static long fieldLength(long content) {
        return 1 + CodedOutputStream.computeUInt64SizeNoTag(content) + content;
    }

    private static void copy(MemorySegment data, WritableByteChannel channel) throws IOException {
        for (long at = 0; at < data.byteSize(); at += CHUNK) {
            MemorySegment chunk = data.asSlice(at, Math.min(CHUNK, data.byteSize() - at));
            ByteBuffer bytes = chunk.isNative() ? chunk.asByteBuffer() : heapCopy(chunk);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    private static ByteBuffer heapCopy(MemorySegment chunk) {
        return ByteBuffer.wrap(chunk.toArray(ValueLayout.JAVA_BYTE));
    }
}
