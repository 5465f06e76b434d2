package dev.octet.benchmarks;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// Tensors on their way to ONNX Runtime and back. Its Java binding has no 4-bit types and no unsigned ones but bytes.
public final class OnnxRuntimeTensors {
    private static final Map<DType, OnnxJavaType> TYPES =
            new EnumMap<>(
                    Map.of(
                            DType.FLOAT32, OnnxJavaType.FLOAT,
                            DType.FLOAT64, OnnxJavaType.DOUBLE,
                            DType.FLOAT16, OnnxJavaType.FLOAT16,
                            DType.BFLOAT16, OnnxJavaType.BFLOAT16,
                            DType.INT8, OnnxJavaType.INT8,
                            DType.UINT8, OnnxJavaType.UINT8,
                            DType.INT16, OnnxJavaType.INT16,
                            DType.INT32, OnnxJavaType.INT32,
                            DType.INT64, OnnxJavaType.INT64,
                            DType.BOOL, OnnxJavaType.BOOL));

    private OnnxRuntimeTensors() {}

    /// A copy for ONNX Runtime, which the caller closes.
    ///
    /// @throws IllegalArgumentException if the binding lacks the type
    public static OnnxTensor toOnnx(OrtEnvironment environment, Tensor tensor) throws OrtException {
        OnnxJavaType type = TYPES.get(tensor.dtype());
        if (type == null) {
            throw new IllegalArgumentException("ONNX Runtime's Java binding has no inputs of type " + tensor.dtype());
        }
        // A tensor's memory may be read-only or on the heap; the binding wants a direct buffer that it can write.
        ByteBuffer buffer =
                ByteBuffer.allocateDirect(Math.toIntExact(tensor.byteSize())).order(ByteOrder.nativeOrder());
        MemorySegment.ofBuffer(buffer).copyFrom(tensor.data());
        return OnnxTensor.createTensor(environment, buffer, tensor.shape().dims(), type);
    }

    /// Copies of the outputs by name, in the model's order.
    ///
    /// @throws IllegalArgumentException if one is no tensor, or its type is none of ours
    public static Map<String, Tensor> fromOnnx(OrtSession.Result result) {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        for (Map.Entry<String, OnnxValue> output : result) {
            if (!(output.getValue() instanceof OnnxTensor tensor)) {
                throw new IllegalArgumentException("output '" + output.getKey() + "' is no tensor");
            }
            outputs.put(output.getKey(), fromOnnx(tensor));
        }
        return outputs;
    }

    private static Tensor fromOnnx(OnnxTensor value) {
        Tensor tensor = Tensor.allocate(dtype(value.getInfo().type), Shape.of(value.getInfo().getShape()));
        if (tensor.byteSize() > 0) {
            tensor.data().copyFrom(MemorySegment.ofBuffer(value.getByteBuffer()));
        }
        return tensor;
    }

    private static DType dtype(OnnxJavaType type) {
        return TYPES.entrySet().stream()
                .filter(e -> e.getValue() == type)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no tensor type for ONNX Runtime's " + type));
    }
}
