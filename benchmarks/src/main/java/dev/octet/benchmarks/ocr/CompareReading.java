package dev.octet.benchmarks.ocr;

import dev.octet.data.image.ImagePreprocess;
import dev.octet.data.image.ImageTensor;
import dev.octet.engine.Session;
import dev.octet.onnx.OnnxReader;
import dev.octet.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/// Tells how much a quantized recognition network reads of what the float one reads, on new lines of text.
///
/// Usage: `./octet --main dev.octet.benchmarks.ocr.CompareReading FLOAT.onnx INT8.onnx [LINES] [SEED]`
public final class CompareReading {
    /// What PP-OCR's recognition takes: 48 pixels high, blue first, values in -1…1.
    public static final ImagePreprocess PREPROCESS =
            ImagePreprocess.parse("resize=320x48:pad,mean=0.5:0.5:0.5,std=0.5:0.5:0.5,order=bgr");

    private CompareReading() {}

    /// Reads lines that are drawn from a seed with both networks.
    public static TextAgreement compare(Session reference, Session other, int lines, long seed) {
        RenderedText text = new RenderedText(seed);
        CtcReader reader = CtcReader.ppOcr();
        TextAgreement agreement = TextAgreement.NONE;
        for (int i = 0; i < lines; i++) {
            BufferedImage line = text.line(text.phrase());
            agreement = agreement.with(reader.read(run(reference, line)), reader.read(run(other, line)));
        }
        return agreement;
    }

    private static Tensor run(Session session, BufferedImage line) {
        String input = session.inputs().getFirst().name();
        return session.run(Map.of(input, ImageTensor.of(line, PREPROCESS))).values().iterator().next();
    }

    public static void main(String[] args) throws IOException {
        if (args.length < 2) {
            System.err.println("expected FLOAT.onnx INT8.onnx [LINES] [SEED]");
            System.exit(2);
        }
        int lines = args.length > 2 ? Integer.parseInt(args[2]) : 100;
        long seed = args.length > 3 ? Long.parseLong(args[3]) : 2;
        try (Session reference = Session.open(OnnxReader.read(Path.of(args[0])));
                Session other = Session.open(OnnxReader.read(Path.of(args[1])))) {
            TextAgreement found = compare(reference, other, lines, seed);
            System.out.printf(
                    Locale.ROOT,
                    "characters read too, in order   %.2f %% (%d of %d)%n",
                    100 * found.keptRatio(),
                    found.kept(),
                    found.characters());
            System.out.printf(Locale.ROOT, "character error rate            %.2f %%%n", 100 * found.errorRate());
            System.out.printf(
                    Locale.ROOT, "character error rate, no spaces %.2f %%%n", 100 * found.errorRateWithoutSpaces());
        }
    }
}
