package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.op.Composite;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.If;
import dev.octet.graph.op.If.Inlined;
import dev.octet.graph.op.Inference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/// Puts in a node's place the graph that it is no more than: the body of a [Composite], where the operands' types say
/// what it is, and the branch of an [If] whose condition is known. So the passes and kernels for its parts apply. The
/// names of the node's results stay.
///
/// @param kept nodes that stay as they are
public record ExpandComposites(Predicate<Node> kept) implements Pass {
    public ExpandComposites() {
        this(_ -> false);
    }

    @Override
    public Graph apply(Graph graph) {
        Graph current = graph;
        while (true) {
            Graph next = expandOnce(current);
            if (next == current) {
                return current;
            }
            current = next;
        }
    }

    private Graph expandOnce(Graph graph) {
        if (graph.nodes().stream().noneMatch(n -> n.op() instanceof Composite || n.op() instanceof If)) {
            return graph;
        }
        Inferred inferred = ShapeInference.infer(graph);
        GraphBuilder builder = graph.toBuilder();
        List<Node> nodes = new ArrayList<>();
        boolean changed = false;
        for (Node node : graph.nodes()) {
            Optional<Inlined> body =
                    kept.test(node)
                            ? Optional.empty()
                            : ShapeInference.operands(node, inferred).flatMap(o -> body(node, o));
            body.ifPresentOrElse(b -> inline(node, b, builder, nodes), () -> nodes.add(node));
            changed |= body.isPresent();
        }
        return changed ? builder.nodes(nodes).build() : graph;
    }

    private static Optional<Inlined> body(Node node, Inference operands) {
        return switch (node.op()) {
            case Composite op -> {
                List<Integer> present = IntStream.range(0, node.inputs().size()).filter(node::has).boxed().toList();
                try {
                    yield op.body(operands).map(body -> new Inlined(body, present));
                } catch (UnsupportedOperationException e) {
                    // Found only now that shapes are known: before, the session would have refused to open.
                    throw new GraphException(node + ": " + e.getMessage(), e);
                }
            }
            case If op -> op.branch(operands);
            default -> Optional.empty();
        };
    }

    private static void inline(Node node, Inlined inlined, GraphBuilder builder, List<Node> nodes) {
        Graph body = inlined.graph();
        Map<String, String> names = new HashMap<>();
        for (int i = 0; i < body.inputs().size(); i++) {
            names.put(body.inputs().get(i).name(), node.input(inlined.operands().get(i)));
        }
        List<Node> copies = new ArrayList<>();
        for (int i = 0; i < body.outputs().size(); i++) {
            String inner = body.outputs().get(i).name();
            String outer = node.outputs().get(i);
            if (!outer.isEmpty() && (body.producer(inner).isEmpty() || names.containsKey(inner))) {
                // An operand or constant, or one value twice.
                copies.add(
                        new Node(
                                builder.freshName(node.name() + "/copy"),
                                new Identity(),
                                List.of(inner),
                                List.of(outer)));
            } else if (!outer.isEmpty()) {
                names.put(inner, outer);
            }
        }
        body.constants()
                .forEach((name, tensor) -> names.put(name, builder.freshConstant(node.name() + "/" + name, tensor)));
        for (Node inner : body.nodes()) {
            inner.outputs().forEach(o -> names.computeIfAbsent(o, _ -> builder.freshName(node.name() + "/" + o)));
        }
        names.put("", "");
        for (Node inner : body.nodes()) {
            nodes.add(renamed(inner, builder.freshName(node.name() + "/" + inner.name()), names));
        }
        copies.forEach(copy -> nodes.add(copy.withInputs(copy.inputs().stream().map(names::get).toList())));
    }

    private static Node renamed(Node node, String name, Map<String, String> names) {
        return new Node(
                name,
                node.op(),
                node.inputs().stream().map(names::get).toList(),
                node.outputs().stream().map(names::get).toList(),
                node.metadata());
    }
}
