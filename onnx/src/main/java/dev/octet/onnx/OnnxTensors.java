package dev.octet.onnx;

import dev.octet.onnx.proto.TensorProto;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// Reads and writes files of one tensor (`TensorProto`, usually `.pb`), as the test sets of ONNX have them:
/// `test_data_set_0/input_0.pb`, `output_0.pb`.
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
