package dev.octet.benchmarks.ocr;

import dev.octet.data.image.ImagePreprocess;
import dev.octet.data.image.ImageTensor;
import dev.octet.engine.Session;
import dev.octet.onnx.OnnxReader;
import dev.octet.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;

/// Counts the characters that a quantized recognition network reads as the float one does, on new lines of text.
///
/// Usage: `java -cp 'dist/target/lib/*' dev.octet.benchmarks.ocr.CompareReading FLOAT.onnx INT8.onnx [LINES] [SEED]`
public final class CompareReading {
    /// What PP-OCR's recognition takes: 48 pixels high, blue first, values in -1…1.
    public static final ImagePreprocess PREPROCESS =
            ImagePreprocess.parse("resize=320x48:pad,mean=0.5:0.5:0.5,std=0.5:0.5:0.5,order=bgr");

    private CompareReading() {}

    /// Characters that the float network read, and how many of them the other read too.
    public record Result(int characters, int matching) {
        public double ratio() {
            return (double) matching / characters;
        }
    }

    public static Result compare(Session reference, Session other, int lines, long seed) {
        RenderedText text = new RenderedText(seed);
        CtcReader reader = CtcReader.ppOcr();
        int characters = 0;
        int matching = 0;
        for (int i = 0; i < lines; i++) {
            BufferedImage line = text.line(text.phrase());
            String expected = reader.read(run(reference, line));
            String actual = reader.read(run(other, line));
            characters += expected.length();
            matching += CtcReader.matching(expected, actual);
        }
        return new Result(characters, matching);
    }

    private static Tensor run(Session session, BufferedImage line) {
        String input = session.inputs().getFirst().name();
        Iterator<Tensor> outputs = session.run(Map.of(input, ImageTensor.of(line, PREPROCESS))).values().iterator();
        return outputs.next();
    }

    public static void main(String[] args) throws IOException {
        int lines = args.length > 2 ? Integer.parseInt(args[2]) : 100;
        long seed = args.length > 3 ? Long.parseLong(args[3]) : 2;
        try (Session reference = Session.open(OnnxReader.read(Path.of(args[0])));
                Session other = Session.open(OnnxReader.read(Path.of(args[1])))) {
            Result result = compare(reference, other, lines, seed);
            System.out.printf(
                    "%d of %d characters (%.2f %%)%n", result.matching(), result.characters(), 100 * result.ratio());
        }
    }
}
