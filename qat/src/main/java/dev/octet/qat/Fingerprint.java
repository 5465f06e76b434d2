package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import dev.octet.graph.Node;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.spec.TensorSpec;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/// What a training is determined by, so that a checkpoint of another one is told from its own: the network and its
/// weights at the start, how it is quantized, the data, and the options that decide the course of an epoch. How long it
/// is to go on (epochs, patience) may change.
///
/// @param parts what to call a part, and its value as text; long ones end in a checksum
record Fingerprint(Map<String, String> parts) {
    static Fingerprint of(QatBlock block, TrainingData data, TrainingOptions options) {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("network", network(block));
        parts.put("quantization", quantization(block.spec()));
        parts.put("data", data(data));
        parts.put("batch size", Integer.toString(options.batchSize()));
        parts.put("learning rate", Float.toString(options.rate()));
        parts.put("validation part", Double.toString(options.validation()));
        parts.put("seed", Long.toString(options.seed()));
        return new Fingerprint(parts);
    }

    private static String network(QatBlock block) {
        PreparedGraph start = block.untrained();
        StringBuilder text = new StringBuilder(start.emptyTable("training").provenance().model());
        for (Node node : start.graph().nodes()) {
            text.append(node).append(node.op().attributes());
        }
        return "'" + start.graph().name() + "', " + checksum(text.toString());
    }

    private static String quantization(QatSpec spec) {
        TensorSpec weight = spec.quantization().weight();
        String kind = weight.observer().perChannel() ? "per channel" : "per tensor";
        return spec.quantization().name()
                + " with weights of "
                + weight.scheme().dtype().bits()
                + " bits "
                + kind
                + ", "
                + checksum(spec.toString());
    }

    private static String data(TrainingData data) {
        CRC32C sum = new CRC32C();
        for (NDArray array : data.inputs()) {
            sum.update(array.toByteBuffer());
        }
        // Answers of the float network follow from the inputs, and may differ in the last bit on another machine.
        if (data.labelled()) {
            sum.update(data.targets().head().toByteBuffer());
        }
        String kind = data.labelled() ? " labelled samples, " : " samples, ";
        return data.samples() + kind + hex(sum);
    }

    private static String checksum(String text) {
        CRC32C sum = new CRC32C();
        sum.update(text.getBytes(StandardCharsets.UTF_8));
        return hex(sum);
    }

    private static String hex(CRC32C sum) {
        return "checksum %08x".formatted(sum.getValue());
    }

    void write(DataOutputStream out) throws IOException {
        out.writeInt(parts.size());
        for (Map.Entry<String, String> part : parts.entrySet()) {
            out.writeUTF(part.getKey());
            out.writeUTF(part.getValue());
        }
    }

    static Fingerprint read(DataInputStream in) throws IOException {
        Map<String, String> parts = new LinkedHashMap<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            String name = in.readUTF();
            parts.put(name, in.readUTF());
        }
        return new Fingerprint(parts);
    }

    /// @throws IOException naming the first part in which a checkpoint's fingerprint differs from this
    void requireSame(Fingerprint found) throws IOException {
        for (Map.Entry<String, String> part : parts.entrySet()) {
            String other = found.parts.get(part.getKey());
            if (!part.getValue().equals(other)) {
                throw new IOException(part.getKey() + ": expected " + part.getValue() + ", found " + other);
            }
        }
    }
}
