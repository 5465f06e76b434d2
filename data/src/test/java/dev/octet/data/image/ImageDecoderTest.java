package dev.octet.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.op.ImageDecoder;
import dev.octet.graph.op.ImageDecoder.PixelFormat;
import dev.octet.graph.op.Inference;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDecoderTest {
    private static final int HEIGHT = 3;
    private static final int WIDTH = 5;

    private static Tensor stream(byte[] file) {
        Tensor stream = Tensor.allocate(DType.UINT8, Shape.of(file.length));
        stream.data().copyFrom(MemorySegment.ofArray(file));
        return stream;
    }

    private static int[] decode(PixelFormat format, byte[] file) {
        ImageDecoder op = new ImageDecoder(format);
        Tensor stream = stream(file);
        Inference inference = Inference.of(List.of(stream), 1);
        op.infer(inference);
        Tensor pixels = Tensor.allocate(DType.UINT8, inference.outputs().getFirst().shape().toShape());
        op.evaluate(List.of(stream), List.of(pixels));
        return Arrays.stream(pixels.toLongArray()).mapToInt(p -> (int) p).toArray();
    }

    /// The color `(40 x, 80 y, 100 + x + y)` at column x, row y.
    private static BufferedImage image(int type) {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                image.setRGB(x, y, 40 * x << 16 | 80 * y << 8 | 100 + x + y);
            }
        }
        return image;
    }

    private static byte[] encoded(BufferedImage image, String format) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, format, out)).as(format).isTrue();
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "tiff"})
    void formatsWithoutLossGiveEachPixel(String format) throws IOException {
        int[] pixels = decode(PixelFormat.RGB, encoded(image(BufferedImage.TYPE_INT_RGB), format));

        assertThat(pixels).hasSize(HEIGHT * WIDTH * 3).startsWith(0, 0, 100, 40, 0, 101).endsWith(160, 160, 106);
        assertThat(decode(PixelFormat.BGR, encoded(image(BufferedImage.TYPE_INT_RGB), format)))
                .startsWith(100, 0, 0, 101, 0, 40)
                .endsWith(106, 160, 160);
        // 0.299 · 160 + 0.587 · 160 + 0.114 · 106 = 153.8
        assertThat(decode(PixelFormat.GRAYSCALE, encoded(image(BufferedImage.TYPE_INT_RGB), format)))
                .hasSize(HEIGHT * WIDTH)
                .endsWith(154);
    }

    @Test
    void jpegIsNear() throws IOException {
        BufferedImage flat = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 256; i++) {
            flat.setRGB(i % 16, i / 16, 0x4080C0);
        }
        int[] pixels = decode(PixelFormat.RGB, encoded(flat, "jpg"));

        for (int i = 0; i < pixels.length; i++) {
            assertThat(pixels[i])
                    .isBetween(new int[] {0x40, 0x80, 0xC0}[i % 3] - 2, new int[] {0x40, 0x80, 0xC0}[i % 3] + 2);
        }
    }

    @Test
    void grayLevelsStayAsTheyAre() throws IOException {
        BufferedImage gray = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_GRAY);
        gray.getRaster().setSample(1, 0, 0, 77);

        assertThat(decode(PixelFormat.RGB, encoded(gray, "png"))).startsWith(0, 0, 0, 77, 77, 77);
        assertThat(decode(PixelFormat.GRAYSCALE, encoded(gray, "png"))).startsWith(0, 77, 0);
    }

    @ParameterizedTest
    @CsvSource({
        "'P1 # bits\n2 1\n10', '0,0,0,255,255,255'",
        "'P2\n2 1 10\n5 10\n', '128,128,128,255,255,255'",
        "'P3\n1 1 255 7 8 9', '7,8,9'",
        "'P5 2 1 255\nAz', '65,65,65,122,122,122'",
        "'P6\n#c\n1 1\n255\nABC', '65,66,67'",
    })
    void netpbm(String file, String expected) {
        byte[] bytes = file.replace("\\n", "\n").getBytes(StandardCharsets.ISO_8859_1);

        assertThat(decode(PixelFormat.RGB, bytes))
                .containsExactly(Arrays.stream(expected.split(",")).mapToInt(Integer::parseInt).toArray());
    }

    @Test
    void bitsOfNetpbmFillBytesRowByRow() {
        byte[] file = {'P', '4', ' ', '9', ' ', '2', '\n', 0, (byte) 0x80, (byte) 0xFF, 0};

        assertThat(decode(PixelFormat.GRAYSCALE, file))
                .containsExactly(255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255);
    }

    @ParameterizedTest
    @CsvSource({
        "'RIFFxxxxWEBPVP8 ', 'the image is WebP, which no decoder here knows'",
        "'hello world, hello', 'the image is of an unknown format, which no decoder here knows'",
        "'P5 99999 99999 255 x', 'PNM image: expected the samples of 99999 by 99999 pixels, found 1 bytes'",
        "'P5 2000000000 2000000000 255 x', 'expected the samples of 2000000000 by 2000000000 pixels'",
        "'P6 x', 'PNM image: byte 3: expected a number'",
        "'P5 1 1 0 x', 'expected width, height and largest sample, found 1, 1, 0'",
        "'GIF89a', 'the image cannot be decoded'",
    })
    void whatIsNoImageIsRefused(String file, String message) {
        assertThatThrownBy(() -> decode(PixelFormat.RGB, file.getBytes(StandardCharsets.ISO_8859_1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aTruncatedImageIsRefused() throws IOException {
        byte[] png = encoded(image(BufferedImage.TYPE_INT_RGB), "png");

        assertThatThrownBy(() -> decode(PixelFormat.RGB, Arrays.copyOf(png, png.length / 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot be decoded");
    }
}
