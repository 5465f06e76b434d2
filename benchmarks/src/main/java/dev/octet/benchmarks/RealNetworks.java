package dev.octet.benchmarks;

import dev.octet.benchmarks.ocr.RenderedText;
import dev.octet.cli.demo.DemoFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;

/// Writes the real networks that come with the build, and data to calibrate and to compare them with:
///
/// | File | |
/// |---|---|
/// | `minilm.onnx`, `tokenizer.json` | all-MiniLM-L6-v2, sentence embeddings |
/// | `sentences.txt`, `documents.txt` | to calibrate, to compare |
/// | `rec.onnx`, `cls.onnx`, `det.onnx` | PP-OCRv4: recognition and direction of lines, detection in pages |
/// | `lines/`, `test-lines/` | pictures of lines of text: to calibrate, to compare |
/// | `pages/`, `test-pages/` | pictures of pages |
///
/// Usage: `./octet --main dev.octet.benchmarks.RealNetworks DIR [LINES] [PAGES]`
public final class RealNetworks {
    private static final Map<String, String> FILES =
            Map.of(
                    "minilm.onnx", "/all-minilm-l6-v2.onnx",
                    "tokenizer.json", "/all-minilm-l6-v2-tokenizer.json",
                    "det.onnx", "/models/ch_PP-OCRv4_det_infer.onnx",
                    "rec.onnx", "/models/ch_PP-OCRv4_rec_infer.onnx",
                    "cls.onnx", "/models/ch_ppocr_mobile_v2.0_cls_infer.onnx");

    private static final int PAGE_EXTENT = 640;

    private RealNetworks() {}

    /// @param lines pictures of lines in each of both folders
    /// @param pages pictures of pages in each of both folders
    public static void write(Path folder, int lines, int pages) throws IOException {
        Files.createDirectories(folder);
        for (Map.Entry<String, String> file : FILES.entrySet()) {
            DemoFiles.extract(file.getValue(), folder.resolve(file.getKey()));
        }
        for (String text : new String[] {"sentences.txt", "documents.txt"}) {
            Files.write(folder.resolve(text), DemoFiles.lines(text));
        }
        draw(folder, "", new RenderedText(1), lines, pages);
        draw(folder, "test-", new RenderedText(3), lines, pages);
    }

    private static void draw(Path folder, String prefix, RenderedText text, int lines, int pages) throws IOException {
        Path lineFolder = Files.createDirectories(folder.resolve(prefix + "lines"));
        for (int i = 0; i < lines; i++) {
            ImageIO.write(text.line(text.phrase()), "png", lineFolder.resolve(name("line", i)).toFile());
        }
        Path pageFolder = Files.createDirectories(folder.resolve(prefix + "pages"));
        for (int i = 0; i < pages; i++) {
            ImageIO.write(text.page(PAGE_EXTENT, PAGE_EXTENT), "png", pageFolder.resolve(name("page", i)).toFile());
        }
    }

    private static String name(String kind, int index) {
        return String.format(Locale.ROOT, "%s%04d.png", kind, index);
    }

    public static void main(String[] args) throws IOException {
        if (args.length < 1) {
            System.err.println("expected DIR [LINES] [PAGES]");
            System.exit(2);
        }
        int lines = args.length > 1 ? Integer.parseInt(args[1]) : 100;
        int pages = args.length > 2 ? Integer.parseInt(args[2]) : 20;
        write(Path.of(args[0]), lines, pages);
    }
}
