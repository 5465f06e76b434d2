package dev.octet.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.octet.data.DataException;
import dev.octet.data.Golden;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ImageTensorTest {
    private static BufferedImage picture() {
        return ImageFiles.decode(Golden.file("picture.png"));
    }

    /// Pillow rounds to bytes after each of its two passes, hence the tolerance of one level.
    @ParameterizedTest
    @ValueSource(strings = {"20x11", "80x64", "53x37"})
    void resizesAsPillowDoes(String size) throws IOException {
        JsonNode expected =
                JsonMapper.shared().readTree(Files.readString(Golden.file("picture_resized.json"))).get(size);
        Tensor tensor = ImageTensor.of(picture(), ImagePreprocess.parse("resize=" + size + ",scale=1,layout=nhwc"));
        assertThat(tensor.elementCount()).isEqualTo(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            assertThat(tensor.getFloat(i)).isCloseTo(expected.get(i).floatValue(), within(1f));
        }
    }

    @Test
    void normalizesPerChannelInTheOrderOfTheTensor() {
        BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, 0x336699);
        Tensor rgb = ImageTensor.of(image, ImagePreprocess.parse("mean=0.1:0.2:0.3,std=0.5:0.25:1"));
        assertThat(rgb.shape()).isEqualTo(Shape.of(1, 3, 1, 1));
        assertThat(rgb.toFloatArray()).containsExactly(new float[] {0.2f, 0.8f, 0.3f}, within(1e-6f));
        Tensor bgr = ImageTensor.of(image, ImagePreprocess.parse("order=bgr"));
        assertThat(bgr.toFloatArray()).containsExactly(new float[] {0.6f, 0.4f, 0.2f}, within(1e-6f));
        Tensor grey = ImageTensor.of(image, ImagePreprocess.parse("mean=0,std=1,scale=1"));
        assertThat(grey.toFloatArray())
                .containsExactly(new float[] {0.299f * 51 + 0.587f * 102 + 0.114f * 153}, within(1e-3f));
    }

    @Test
    void fitsKeepOrBreakTheAspectRatio() {
        assertThat(shape("resize=20x20")).isEqualTo(Shape.of(1, 3, 20, 20));
        assertThat(shape("resize=20x20:shortest")).isEqualTo(Shape.of(1, 3, 20, 29));
        assertThat(shape("resize=20x20:shortest,crop=16x12")).isEqualTo(Shape.of(1, 3, 12, 16));
        Tensor padded = ImageTensor.of(picture(), ImagePreprocess.parse("resize=106x100:pad,scale=1"));
        assertThat(padded.shape()).isEqualTo(Shape.of(1, 3, 100, 106));
        // 37·2 rows of picture, then nothing.
        assertThat(padded.getFloat(74 * 106)).isZero();
        assertThat(padded.getFloat(73 * 106)).isPositive();
    }

    private static Shape shape(String settings) {
        return ImageTensor.of(picture(), ImagePreprocess.parse(settings)).shape();
    }

    /// Each setting changes its own part and leaves the others.
    @Test
    void settingsAreReadByName() {
        assertThat(
                        ImagePreprocess.parse(
                                "resize=320x48:pad,crop=300x40,scale=2,mean=1:2:3,std=4:5:6,order=bgr,layout=nhwc"))
                .isEqualTo(
                        new ImagePreprocess(
                                320,
                                48,
                                ImagePreprocess.Fit.PAD,
                                300,
                                40,
                                2,
                                List.of(1f, 2f, 3f),
                                List.of(4f, 5f, 6f),
                                true,
                                ImagePreprocess.Layout.NHWC));
        assertThat(ImagePreprocess.parse("imagenet"))
                .isEqualTo(
                        ImagePreprocess.parse(
                                "resize=256x256:shortest,crop=224x224,mean=0.485:0.456:0.406,std=0.229:0.224:0.225"));
        assertThat(ImagePreprocess.parse("imagenet,order=bgr").bgr()).isTrue();
        assertThat(ImagePreprocess.parse("imagenet,order=bgr").cropWidth()).isEqualTo(224);
    }

    @Test
    void namesTheSettingThatIsWrong() {
        assertThatThrownBy(() -> ImagePreprocess.parse("scale=1:2"))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("scale: expected one number");
        assertThatThrownBy(() -> ImagePreprocess.parse("resize=axb"))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("resize: expected WIDTHxHEIGHT");
        assertThatThrownBy(() -> ImagePreprocess.parse("sharpen=2"))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("unknown setting 'sharpen'");
        assertThatThrownBy(() -> ImagePreprocess.parse("std=0:1:1"))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("expected positive");
        assertThatThrownBy(() -> ImageFiles.decode(Golden.file("float32.npy")))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("not a picture");
    }
}
