package dev.octet.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.octet.graph.op.OnnxTypes;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.TensorAssert;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorRoundTripTest {
    @TempDir private Path folder;

    private static Tensor random(DType dtype, Shape shape) {
        Tensor tensor = Tensor.allocate(dtype, shape);
        SplittableRandom random = new SplittableRandom(11);
        for (long i = 0; i < tensor.elementCount(); i++) {
            if (dtype.isFloating()) {
                tensor.setDouble(i, random.nextDouble(-100, 100));
            } else {
                tensor.setLong(i, dtype == DType.BOOL ? random.nextInt(2) : random.nextLong());
            }
        }
        return tensor;
    }

    private Tensor readBack(TensorProto proto) throws Exception {
        Path file = folder.resolve("t.pb");
        Files.write(file, proto.toByteArray());
        return OnnxTensors.read(file);
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void everyTypeAndRank(DType dtype) throws Exception {
        for (Shape shape : new Shape[] {Shape.SCALAR, Shape.of(5), Shape.of(2, 0, 3), Shape.of(3, 1, 7)}) {
            Tensor tensor = random(dtype, shape);
            Path file = folder.resolve("t.pb");
            OnnxTensors.write("t", tensor, file);
            Tensor read = OnnxTensors.read(file);
            TensorAssert.assertThat(read).isIdenticalTo(tensor);
            assertThat(OnnxTensors.readName(file)).isEqualTo("t");
            assertThat(read.data().isReadOnly()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void everyTypeInTypedFields(DType dtype) throws Exception {
        Tensor tensor = random(dtype, Shape.of(3, 3));
        TensorProto.Builder proto = TensorWriter.header(tensor);
        for (int i = 0; i < 9; i++) {
            switch (dtype) {
                case FLOAT32 -> proto.addFloatData(tensor.getFloat(i));
                case FLOAT64 -> proto.addDoubleData(tensor.getDouble(i));
                case INT64 -> proto.addInt64Data(tensor.getLong(i));
                case UINT32, UINT64 -> proto.addUint64Data(tensor.getLong(i));
                case FLOAT16, BFLOAT16 -> proto.addInt32Data((int) tensor.reinterpret(DType.UINT16).getLong(i));
                case INT2, UINT2, INT4, UINT4, FLOAT4E2M1 -> {
                    int packed = 8 / dtype.bits();
                    if (i % packed == 0) {
                        proto.addInt32Data(Byte.toUnsignedInt(tensor.data().get(ValueLayout.JAVA_BYTE, i / packed)));
                    }
                }
                case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT8E8M0 ->
                        proto.addInt32Data(tensor.getCode(i));
                default -> proto.addInt32Data((int) tensor.getLong(i));
            }
        }
        TensorAssert.assertThat(readBack(proto.build())).isIdenticalTo(tensor);
    }

    @Test
    void anyByteButZeroIsTrue() throws Exception {
        TensorProto proto =
                TensorProto.newBuilder()
                        .setDataType((int) OnnxTypes.code(DType.BOOL))
                        .addDims(3)
                        .setRawData(ByteString.copyFrom(new byte[] {0, 2, -1}))
                        .build();
        TensorAssert.assertThat(readBack(proto))
                .isIdenticalTo(Tensor.of(DType.BOOL, Shape.of(3), new byte[] {0, 1, 1}));
    }

    @Test
    void dataMustFitTheShape() {
        TensorProto.Builder floats =
                TensorProto.newBuilder().setDataType(1).addDims(2).setRawData(ByteString.copyFrom(new byte[7]));
        assertThatThrownBy(() -> readBack(floats.build()))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("expected 8 bytes")
                .hasMessageContaining("found 7");
        assertThatThrownBy(() -> readBack(floats.clearRawData().addFloatData(1).build()))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("expected 2 numbers");
        assertThatThrownBy(() -> readBack(floats.addDims(-1).build()))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("dims");
        assertThatThrownBy(() -> readBack(floats.clearDims().addDims(1L << 40).addDims(1L << 40).build()))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("dims");
        assertThatThrownBy(() -> readBack(floats.clearDims().addDims(1L << 62).build()))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("dims");
        assertThatThrownBy(() -> readBack(floats.clearDims().addDims(1L << 45).build()))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("found 1");
        assertThatThrownBy(() -> readBack(TensorProto.newBuilder().setDataType(8).build()))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("element type 8");
    }
}
