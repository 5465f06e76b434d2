import org.jspecify.annotations.NullMarked;

/// Readers of images, text, and arrays for calibration and evaluation.
@NullMarked
module dev.octet.data {
    requires static org.jspecify;
    requires transitive dev.octet.quantize;
    requires dev.octet.onnx;
    requires ai.djl.tokenizers;
    requires java.desktop;

    exports dev.octet.data;
    exports dev.octet.data.image;
    exports dev.octet.data.npy;
    exports dev.octet.data.text;

    provides dev.octet.graph.op.ImageCodec with
            dev.octet.data.image.JavaImageCodec;
}
