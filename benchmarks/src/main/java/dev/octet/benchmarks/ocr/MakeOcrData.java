package dev.octet.benchmarks.ocr;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/// Writes pictures to calibrate and compare PP-OCR's networks with: `DIR/lines/*.png` and `DIR/pages/*.png`.
///
/// Usage: `java -cp 'dist/target/lib/*' dev.octet.benchmarks.ocr.MakeOcrData DIR [LINES] [PAGES] [SEED]`
public final class MakeOcrData {
    private MakeOcrData() {}

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        int lines = args.length > 1 ? Integer.parseInt(args[1]) : 100;
        int pages = args.length > 2 ? Integer.parseInt(args[2]) : 20;
        RenderedText text = new RenderedText(args.length > 3 ? Long.parseLong(args[3]) : 1);
        Path lineFolder = Files.createDirectories(folder.resolve("lines"));
        for (int i = 0; i < lines; i++) {
            ImageIO.write(
                    text.line(text.phrase()), "png", lineFolder.resolve(String.format("line%04d.png", i)).toFile());
        }
        Path pageFolder = Files.createDirectories(folder.resolve("pages"));
        for (int i = 0; i < pages; i++) {
            ImageIO.write(text.page(640, 640), "png", pageFolder.resolve(String.format("page%04d.png", i)).toFile());
        }
    }
}
