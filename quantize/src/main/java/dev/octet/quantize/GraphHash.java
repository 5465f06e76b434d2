package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/// A name for a graph's content: its nodes with their operands, and its constants with their numbers.
final class GraphHash {
    private static final int CHUNK = 1 << 28;

    private GraphHash() {}

    /// SHA-256 in hexadecimal.
    static String of(Graph graph) {
        MessageDigest digest = sha256();
        graph.inputs().forEach(i -> add(digest, i.name() + ' ' + i.type().dtype()));
        for (Node node : graph.nodes()) {
            add(digest, node.op().type() + ' ' + node.name() + ' ' + node.inputs() + ' ' + node.outputs());
        }
        for (Map.Entry<String, Tensor> entry : graph.constants().entrySet()) {
            Tensor tensor = entry.getValue();
            add(digest, entry.getKey() + ' ' + tensor);
            for (long from = 0; from < tensor.byteSize(); from += CHUNK) {
                long size = Math.min(CHUNK, tensor.byteSize() - from);
                digest.update(tensor.data().asSlice(from, size).asByteBuffer());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
