package dev.octet.onnx;

import com.google.protobuf.UnsafeByteOperations;
import dev.octet.graph.op.OnnxTypes;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.tensor.Tensor;
import java.lang.foreign.ValueLayout;

/// Encodes tensors.
final class TensorWriter {
    private TensorWriter() {}

    /// Type and shape without the elements.
    static TensorProto.Builder header(Tensor tensor) {
        TensorProto.Builder builder = TensorProto.newBuilder().setDataType((int) OnnxTypes.code(tensor.dtype()));
        for (long dim : tensor.shape().dims()) {
            builder.addDims(dim);
        }
        return builder;
    }

    /// The whole message, on the heap.
    ///
    /// @param name empty for none
    static TensorProto write(String name, Tensor tensor) {
        TensorProto.Builder builder = header(tensor);
        if (!name.isEmpty()) {
            builder.setName(name);
        }
        return builder.setRawData(UnsafeByteOperations.unsafeWrap(tensor.data().toArray(ValueLayout.JAVA_BYTE)))
                .build();
    }
}
