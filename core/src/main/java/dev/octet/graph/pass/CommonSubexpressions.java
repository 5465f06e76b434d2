package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.QuantStubs;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Opaque;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Computes once what several nodes compute from the same operands, and keeps one copy of equal small constants.
///
/// Operators that draw random numbers stay as they are, and those that Octet does not know: they may.
public record CommonSubexpressions() implements Pass {
    /// Larger constants are weights, which keep their own names.
    private static final long SMALL_BYTES = 4096;

    private record Computation(Op op, List<String> operands, int results) {}

    private record Content(DType dtype, Shape shape, ByteBuffer bytes) {}

    @Override
    public Graph apply(Graph graph) {
        Set<String> kept = OutputNames.of(graph);
        Renaming renaming = new Renaming();
        mergeConstants(graph, kept, renaming);
        List<Node> remaining = new ArrayList<>();
        Map<Computation, Node> known = new HashMap<>();
        for (Node node : graph.nodes()) {
            Node resolved = renaming.apply(node);
            Computation computation = new Computation(resolved.op(), resolved.inputs(), node.outputs().size());
            boolean mayMerge =
                    !(node.op() instanceof Opaque)
                            && !QuantStubs.isMark(node)
                            && node.op().isDeterministic()
                            && node.outputs().stream().noneMatch(kept::contains);
            Node first = mayMerge ? known.get(computation) : null;
            if (first != null && definesAllOf(first, node)) {
                for (int i = 0; i < node.outputs().size(); i++) {
                    if (!node.outputs().get(i).isEmpty()) {
                        renaming.replace(node.outputs().get(i), first.outputs().get(i));
                    }
                }
            } else {
                known.putIfAbsent(computation, node);
                remaining.add(node);
            }
        }
        return renaming.apply(graph, remaining);
    }

    private static boolean definesAllOf(Node first, Node second) {
        for (int i = 0; i < second.outputs().size(); i++) {
            if (first.outputs().get(i).isEmpty() && !second.outputs().get(i).isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private static void mergeConstants(Graph graph, Set<String> kept, Renaming renaming) {
        Map<Content, String> known = new HashMap<>();
        graph.constants()
                .forEach((name, tensor) -> {
                    if (tensor.byteSize() <= SMALL_BYTES && !kept.contains(name)) {
                        String first = known.putIfAbsent(content(tensor), name);
                        if (first != null) {
                            renaming.replace(name, first);
                        }
                    }
                });
    }

    private static Content content(Tensor tensor) {
        return new Content(tensor.dtype(), tensor.shape(), tensor.data().asByteBuffer());
    }
}
