package dev.octet.onnx;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.octet.graph.TypeInfo;
import dev.octet.onnx.proto.OptionalProto;
import dev.octet.onnx.proto.SequenceProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.tensor.DType;
import dev.octet.tensor.OptionalValue;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Reads and writes files of one tensor (`TensorProto`, usually `.pb`), as the test sets of ONNX have them:
/// `test_data_set_0/input_0.pb`, `output_0.pb`. Sequences and optional values are read as well.
public final class OnnxTensors {
    private OnnxTensors() {}

    /// @throws OnnxFormatException if the file is not a tensor, or one of a type that Octet does not have
    public static Tensor read(Path file) throws IOException {
        try {
            var bytes = MappedFile.map(file);
            var external = new ExternalData(file.toAbsolutePath().getParent());
            return new TensorReader(bytes, external).read(ModelParser.parseTensor(bytes));
        } catch (OnnxFormatException e) {
            throw e.within(file.toString());
        }
    }

    /// The value of a file that holds what `type` says: a tensor, a sequence (`SequenceProto`), or an optional value
    /// (`OptionalProto`).
    ///
    /// @throws OnnxFormatException if the file holds something else
    public static Value read(Path file, TypeInfo type) throws IOException {
        if (type.isTensor()) {
            return read(file);
        }
        try {
            var bytes = MappedFile.map(file);
            TensorReader tensors = new TensorReader(bytes, new ExternalData(file.toAbsolutePath().getParent()));
            byte[] encoded = bytes.toArray(ValueLayout.JAVA_BYTE);
            return type.isOptional()
                    ? optional(OptionalProto.parseFrom(encoded), type.dtype(), tensors)
                    : sequence(SequenceProto.parseFrom(encoded), type.dtype(), tensors);
        } catch (InvalidProtocolBufferException e) {
            throw ModelParser.malformed(e).within(file.toString());
        } catch (OnnxFormatException e) {
            throw e.within(file.toString());
        }
    }

    private static OptionalValue optional(OptionalProto proto, DType dtype, TensorReader tensors) {
        if (proto.hasTensorValue()) {
            return new OptionalValue(tensors.read(proto.getTensorValue()));
        }
        return proto.hasSequenceValue()
                ? new OptionalValue(sequence(proto.getSequenceValue(), dtype, tensors))
                : OptionalValue.EMPTY;
    }

    private static TensorSequence sequence(SequenceProto proto, DType dtype, TensorReader tensors) {
        List<Tensor> elements = proto.getTensorValuesList().stream().map(tensors::read).toList();
        return new TensorSequence(elements.isEmpty() ? dtype : elements.getFirst().dtype(), elements);
    }

    /// The tensor's name in a file, which says what input or output it belongs to; empty if the file has none.
    ///
    /// @throws OnnxFormatException if the file is not a tensor
    public static String readName(Path file) throws IOException {
        try {
            return ModelParser.parseTensor(MappedFile.map(file)).getName();
        } catch (OnnxFormatException e) {
            throw e.within(file.toString());
        }
    }

    /// @param name the value that it belongs to; empty for none
    public static void write(String name, Tensor tensor, Path file) throws IOException {
        TensorProto proto = TensorWriter.write(name, tensor);
        try (OutputStream out = Files.newOutputStream(file)) {
            proto.writeTo(out);
        }
    }
}
