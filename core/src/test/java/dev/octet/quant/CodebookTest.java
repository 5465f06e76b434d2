package dev.octet.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.quant.CodebookWeights.Format;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CodebookTest {
    private static Tensor normals(long rows, long columns) {
        Random random = new Random(3);
        Tensor tensor = Tensor.allocate(DType.FLOAT32, Shape.of(rows, columns));
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setFloat(i, (float) random.nextGaussian() * 0.05f);
        }
        return tensor;
    }

    private static double error(Tensor a, Tensor b) {
        double sum = 0;
        for (long i = 0; i < a.elementCount(); i++) {
            double d = a.getFloat(i) - b.getFloat(i);
            sum += d * d;
        }
        return sum;
    }

    /// make_codebook.py made the numbers with ONNX Runtime, whose rule is bitsandbytes'.
    @Test
    void nf4GivesTheCodesAndScalesOfOnnxRuntime() throws IOException {
        JsonNode golden;
        try (InputStream in = CodebookTest.class.getResourceAsStream("codebook.json")) {
            golden = JsonMapper.shared().readTree(in);
        }
        long n = golden.path("n").asLong();
        long k = golden.path("k").asLong();
        Tensor weights = Tensor.allocate(DType.FLOAT32, Shape.of(n, k));
        for (int i = 0; i < n * k; i++) {
            weights.setFloat(i, (float) golden.path("weights").get(i).asDouble());
        }
        CodebookWeights found = CodebookWeights.of(weights, Format.NF4, golden.path("block").asInt());
        for (int i = 0; i < n * k; i++) {
            assertThat(found.codes().getInt(i)).as("code %d", i).isEqualTo(golden.path("codes").get(i).asInt());
        }
        for (int i = 0; i < found.scales().elementCount(); i++) {
            assertThat(found.scales().getFloat(i)).isEqualTo((float) golden.path("absmax").get(i).asDouble());
        }
    }

    @Test
    void powersOfTwoAreExact() {
        Tensor weights = Tensor.of(Shape.of(1, 8), 0.5f, -0.25f, 0.125f, 0f, -0.5f, 0.0078125f, 0.375f, 0.38f);
        CodebookWeights stored = CodebookWeights.of(weights, Format.POW2, 8);
        assertThat(stored.dequantize().toFloatArray())
                .startsWith(0.5f, -0.25f, 0.125f, 0f, -0.5f, 0.0078125f)
                // Between 0.25 and 0.5 the boundary is 0.375, in the domain of values.
                .endsWith(0.25f, 0.5f);
        // INQ: the largest level is 2^floor(log2(4/3 of the largest)).
        assertThat(CodebookWeights.of(Tensor.of(Shape.of(1, 1), 0.76f), Format.POW2, 8).scales().getFloat(0))
                .isEqualTo(1);
        assertThat(CodebookWeights.of(Tensor.of(Shape.of(1, 1), 0.74f), Format.POW2, 8).scales().getFloat(0))
                .isEqualTo(0.5f);
    }

    @Test
    void kMeansNeverLosesToItsStart() {
        float[] numbers = normals(1, 5000).toFloatArray();
        Codebook fitted = Codebook.fit(numbers, 4);
        float min = Float.POSITIVE_INFINITY;
        float max = Float.NEGATIVE_INFINITY;
        for (float x : numbers) {
            min = Math.min(min, x);
            max = Math.max(max, x);
        }
        float[] equal = new float[16];
        for (int i = 0; i < 16; i++) {
            equal[i] = min + (max - min) * i / 15;
        }
        assertThat(sum(numbers, fitted)).isLessThan(0.8 * sum(numbers, new Codebook(equal)));
        assertThat(Codebook.fit(new float[] {1, 1, 5, 5}, 1).levels()).containsExactly(1, 5);
        assertThat(Codebook.fit(new float[0], 1).levels()).containsExactly(0, 0);
    }

    private static double sum(float[] numbers, Codebook codebook) {
        double sum = 0;
        for (float x : numbers) {
            double d = x - codebook.levels()[codebook.nearest(x)];
            sum += d * d;
        }
        return sum;
    }

    @ParameterizedTest
    @EnumSource(Format.class)
    void keepsTheLargestNumberOfEachBlockNearlyAndZerosExactly(Format format) {
        Tensor weights = normals(6, 100);
        for (long i = 0; i < 32; i++) {
            weights.setFloat(i, 0);
        }
        CodebookWeights stored = CodebookWeights.of(weights, format, 32);
        assertThat(stored.scales().shape()).isEqualTo(Shape.of(6, 4));
        Tensor back = stored.dequantize();
        for (long i = 0; i < 32; i++) {
            assertThat(back.getFloat(i)).isZero();
        }
        double bound = format == Format.INT2 ? 0.5 : 0.05;
        assertThat(error(weights, back))
                .isLessThan(bound * error(weights, Tensor.allocate(weights.dtype(), weights.shape())));
    }

    @Test
    void refusesNumbersThatHaveNoCode() {
        assertThatThrownBy(() -> CodebookWeights.of(Tensor.of(Shape.of(1, 2), 1f, Float.NaN), Format.NF4, 16))
                .hasMessageContaining("not finite at element 1");
        assertThatThrownBy(() -> new Codebook(new float[3])).hasMessageContaining("found 3");
        assertThatThrownBy(() -> new Codebook(new float[] {1, 0})).hasMessageContaining("ascending");
    }
}
