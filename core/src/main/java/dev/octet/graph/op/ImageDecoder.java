package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Decodes an image file. Input: its bytes, UINT8 `[n]`. Output: UINT8 `[height, width, channels]`.
///
/// Netpbm's formats always; JPEG, PNG, BMP, TIFF, GIF and WBMP with module `data`; any other with an [ImageCodec] that
/// the application brings.
public record ImageDecoder(PixelFormat format) implements Op {
    /// What a pixel of the output is.
    public enum PixelFormat {
        RGB("RGB"),
        BGR("BGR"),
        /// One number, `0.299 R + 0.587 G + 0.114 B`.
        GRAYSCALE("Grayscale");

        private final String spelling;

        PixelFormat(String spelling) {
            this.spelling = spelling;
        }

        private int channels() {
            return this == GRAYSCALE ? 1 : 3;
        }
    }

    public static ImageDecoder of(Attributes attributes) {
        return new ImageDecoder(attributes.getEnum("pixel_format", PixelFormat.RGB));
    }

    @Override
    public String type() {
        return "ImageDecoder";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("pixel_format", format.spelling).build();
    }

    @Override
    public int sinceVersion() {
        return 20;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "encoded stream", Set.of(DType.UINT8));
        PartialShape bytes = inference.shape(0);
        if (bytes != null && bytes.rank() != 1) {
            throw Inference.mismatch("rank of the encoded stream", 1, bytes.rank());
        }
        Tensor stream = inference.constant(0);
        Optional<ImageCodec.Extents> known =
                stream == null ? Optional.empty() : Optional.of(EncodedImage.of(stream).extents());
        inference.output(
                0,
                DType.UINT8,
                new PartialShape(
                        List.of(
                                known.map(e -> Dim.of(e.height())).orElse(Dim.UNKNOWN),
                                known.map(e -> Dim.of(e.width())).orElse(Dim.UNKNOWN),
                                Dim.of(format.channels()))));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor y = outputs.getFirst();
        int channels = format.channels();
        EncodedImage.of(Operands.get(inputs, 0))
                .decode((pixel, red, green, blue) -> {
                    long at = pixel * channels;
                    switch (format) {
                        case RGB -> put(y, at, red, green, blue);
                        case BGR -> put(y, at, blue, green, red);
                        case GRAYSCALE -> y.setLong(at, luma(red, green, blue));
                    }
                });
    }

    private static void put(Tensor y, long at, int first, int second, int third) {
        y.setLong(at, first);
        y.setLong(at + 1, second);
        y.setLong(at + 2, third);
    }

    /// ITU-R 601-2 in steps of 2⁻¹⁶, rounded, as Pillow has it.
    private static int luma(int red, int green, int blue) {
        return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
    }
}
