import org.jspecify.annotations.NullMarked;

/// Reads and writes ONNX models.
@NullMarked
module dev.octet.onnx {
    requires static org.jspecify;
    requires transitive dev.octet.core;
    requires com.google.protobuf;

    exports dev.octet.onnx;
}
