package dev.octet.cli;

import dev.octet.data.npy.Npy;
import dev.octet.graph.Attributes;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Opaque;
import dev.octet.onnx.OnnxWriter;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// A folder with small models, good and bad, and data for them.
record Workspace(Path folder) {
    static final int SAMPLES = 6;

    private static final Shape IMAGES = Shape.of(SAMPLES, 3, 16, 16);

    /// Writes the network and the images to a folder.
    static Workspace in(Path folder) throws IOException {
        OnnxWriter.write(Models.tinyConvNet(3), folder.resolve("float.onnx"));
        Npy.write(Generator.of(7).normals(IMAGES, 0, 1), folder.resolve("images.npy"));
        return new Workspace(folder);
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /// A convolutional network from `image` `[N, 3, 16, 16]` to `logits` `[N, 10]`.
    Path model() {
        return file("float.onnx");
    }

    /// Images for the network, one a sample.
    Path images() {
        return file("images.npy");
    }

    /// The network in 8 bits.
    Path quantized() {
        Path quantized = file("int8.onnx");
        Invocation.of("quantize", model(), "-o", quantized, "--calibration", images()).succeeds();
        return quantized;
    }

    Path absent() {
        return file("absent.onnx");
    }

    Path text() throws IOException {
        return Files.writeString(file("notes.onnx"), "These are notes, and no model at all.\n");
    }

    Path empty() throws IOException {
        return Files.write(file("empty.onnx"), new byte[0]);
    }

    /// The network without its second half.
    Path cut() throws IOException {
        byte[] bytes = Files.readAllBytes(model());
        return Files.write(file("cut.onnx"), Arrays.copyOf(bytes, bytes.length / 2));
    }

    /// A model of one node that nobody knows.
    Path unsupported() throws IOException {
        GraphBuilder builder = new GraphBuilder("odd");
        builder.input("image", DType.FLOAT32, PartialShape.of(-1, 3, 16, 16));
        builder.opset("com.example", 1);
        Opaque op = new Opaque("com.example", "Frobnicate", Attributes.EMPTY);
        builder.add(new Node("frob", op, List.of("image"), List.of("logits"))).output("logits");
        Path file = file("unsupported.onnx");
        OnnxWriter.write(builder.build(), file);
        return file;
    }

    /// Images of which the third has a NaN.
    Path imagesWithNan() throws IOException {
        Tensor images = Generator.of(7).normals(IMAGES, 0, 1);
        images.setFloat(2 * images.elementCount() / SAMPLES + 5, Float.NaN);
        return array("nan.npy", images);
    }

    Path array(String name, Tensor tensor) throws IOException {
        Path file = file(name);
        Npy.write(tensor, file);
        return file;
    }

    /// The names of all files, to see that a failed command leaves none.
    List<String> files() {
        return List.of(folder.toFile().list());
    }
}
