package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.data.image.ImagePreprocess;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;

/// Models that people use, from the class path, and inputs in which they find something.
final class RealModels {
    static final String MINILM = "all-minilm-l6-v2.onnx";
    static final String MINILM_QUANTIZED = "all-minilm-l6-v2-q.onnx";
    static final String BGE = "bge-small-en-v1.5.onnx";
    static final String BGE_QUANTIZED = "bge-small-en-v1.5-q.onnx";
    static final String E5 = "e5-small-v2.onnx";
    static final String E5_QUANTIZED = "e5-small-v2-q.onnx";
    static final String DETECTION_V3 = "models/ch_PP-OCRv3_det_infer.onnx";
    static final String RECOGNITION_V3 = "models/ch_PP-OCRv3_rec_infer.onnx";
    static final String MINILM_TOKENIZER = "all-minilm-l6-v2-tokenizer.json";
    static final String DETECTION = "models/ch_PP-OCRv4_det_infer.onnx";
    static final String RECOGNITION = "models/ch_PP-OCRv4_rec_infer.onnx";
    static final String CLASSIFICATION = "models/ch_ppocr_mobile_v2.0_cls_infer.onnx";

    /// "The quick brown fox jumps over the lazy dog."
    private static final long[] FOX = {101, 1996, 4248, 2829, 4419, 14523, 2058, 1996, 13971, 3899, 1012, 102};

    /// "Neural networks that run on the Java virtual machine need neither Python nor a native library, and they are
    /// easy to ship with a service."
    private static final long[] JAVA = {
        101, 15756, 6125, 2008, 2448, 2006, 1996, 9262, 7484, 3698, 2342, 4445, 18750, 4496, 1037, 3128, 3075, 1010,
        1998, 2027, 2024, 3733, 2000, 2911, 2007, 1037, 2326, 1012, 102
    };

    /// What PP-OCR's detection takes.
    static final ImagePreprocess PAGE =
            ImagePreprocess.parse("resize=320x192:pad,mean=0.485:0.456:0.406,std=0.229:0.224:0.225,order=bgr");

    private RealModels() {}

    static byte[] read(String resource) throws IOException {
        try (InputStream stream = RealModels.class.getResourceAsStream("/" + resource)) {
            assertThat(stream).as(resource).isNotNull();
            return stream.readAllBytes();
        }
    }

    /// One short sentence: inputs of MiniLM, `1x12`.
    static Map<String, Tensor> shortSentence() {
        return tokens(1, FOX.length, FOX);
    }

    /// One longer sentence: `1x29`.
    static Map<String, Tensor> longSentence() {
        return tokens(1, JAVA.length, JAVA);
    }

    /// Both sentences, the shorter one padded: `2x29`.
    static Map<String, Tensor> bothSentences() {
        long[] ids = Arrays.copyOf(JAVA, 2 * JAVA.length);
        System.arraycopy(FOX, 0, ids, JAVA.length, FOX.length);
        return tokens(2, JAVA.length, ids);
    }

    private static Map<String, Tensor> tokens(int batch, int length, long[] ids) {
        Shape shape = Shape.of(batch, length);
        long[] mask = Arrays.stream(ids).map(id -> id == 0 ? 0 : 1).toArray();
        return Map.of(
                "input_ids", Tensor.of(shape, ids),
                "attention_mask", Tensor.of(shape, mask),
                "token_type_ids", Tensor.of(shape, new long[ids.length]));
    }

    /// Upright dark strokes on a light ground: the networks for text find something in it.
    ///
    /// @param thickness of a stroke and of a gap, in pixels; detection of small pictures wants 7
    static Tensor strokes(Generator generator, Shape shape, int thickness) {
        Tensor picture = generator.floats(shape, 0.8f, 1);
        long height = shape.dim(2);
        long width = shape.dim(3);
        for (long i = 0; i < picture.elementCount(); i++) {
            long x = i % width;
            long y = i / width % height;
            boolean inside = y >= height / 3 && y < height * 2 / 3 && x >= 6 && x < width - 6;
            if (inside && x / thickness % 2 == 0) {
                picture.setFloat(i, -picture.getFloat(i));
            }
        }
        return picture;
    }
}
