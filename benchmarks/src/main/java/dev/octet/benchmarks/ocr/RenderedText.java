package dev.octet.benchmarks.ocr;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontFormatException;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Draws lines and pages of text in several fonts, sizes and colours. The same seed gives the same pictures on one
/// machine; the fonts come with the build, so that nothing depends on what is installed.
public final class RenderedText {
    private static final String FONT_FOLDER = "/net/sf/jasperreports/fonts/dejavu/";
    private static final List<String> FONT_FILES =
            List.of(
                    "DejaVuSans.ttf",
                    "DejaVuSans-Bold.ttf",
                    "DejaVuSansCondensed.ttf",
                    "DejaVuSansMono.ttf",
                    "DejaVuSerif.ttf",
                    "DejaVuSerif-Italic.ttf",
                    "DejaVuSerifCondensed-Bold.ttf");
    private static final String[] WORDS =
            ("the quick brown fox jumps over lazy dog Invoice Total amount due date number Berlin Tokyo street 2024"
                 + " 1987 No. 42 price 13.50 99.95 open closed please sign here name address Zurich quality control"
                 + " batch serial A7X9 K2 warning keep dry fragile this side up made in")
                    .split(" ");

    private final List<Font> fonts = new ArrayList<>();
    private final Random random;

    public RenderedText(long seed) {
        this.random = new Random(seed);
        for (String file : FONT_FILES) {
            fonts.add(load(file));
        }
    }

    private static Font load(String file) {
        try (InputStream in = RenderedText.class.getResourceAsStream(FONT_FOLDER + file)) {
            if (in == null) {
                throw new IllegalStateException(FONT_FOLDER + file + " is not on the class path");
            }
            return Font.createFont(Font.TRUETYPE_FONT, in);
        } catch (FontFormatException e) {
            throw new IllegalStateException(file + " is no font", e);
        } catch (IOException e) {
            throw new UncheckedIOException(file, e);
        }
    }

    /// Two to four random words.
    public String phrase() {
        StringBuilder text = new StringBuilder();
        int words = 2 + random.nextInt(3);
        for (int i = 0; i < words; i++) {
            text.append(i == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
        }
        return text.toString();
    }

    /// One line of text that fills a picture of 48 pixels' height, dark on light or light on dark.
    public BufferedImage line(String text) {
        Font font = fonts.get(random.nextInt(fonts.size())).deriveFont(26f + random.nextInt(8));
        BufferedImage probe = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
        FontMetrics metrics = probe.createGraphics().getFontMetrics(font);
        BufferedImage image = new BufferedImage(metrics.stringWidth(text) + 24, 48, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = start(image);
        drawLine(g, font, text, 12, (48 - metrics.getHeight()) / 2 + metrics.getAscent());
        g.dispose();
        return image;
    }

    /// A page of lines, as a scanner or a camera would see it.
    public BufferedImage page(int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = start(image);
        int y = 20 + random.nextInt(30);
        while (y < height - 20) {
            float size = 14f + random.nextInt(18);
            Font font = fonts.get(random.nextInt(fonts.size())).deriveFont(size);
            drawLine(g, font, phrase(), 10 + random.nextInt(Math.max(1, width / 4)), y);
            y += (int) (size * (1.4 + random.nextDouble()));
        }
        g.dispose();
        return image;
    }

    private Graphics2D start(BufferedImage image) {
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        boolean darkOnLight = random.nextInt(4) > 0;
        g.setBackground(shade(darkOnLight ? 200 : 10));
        g.clearRect(0, 0, image.getWidth(), image.getHeight());
        g.setColor(shade(darkOnLight ? 0 : 200));
        return g;
    }

    private Color shade(int from) {
        return new Color(from + random.nextInt(56), from + random.nextInt(56), from + random.nextInt(56));
    }

    private static void drawLine(Graphics2D g, Font font, String text, int x, int y) {
        g.setFont(font);
        g.drawString(text, x, y);
    }
}
