package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Unary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Fuses the modules that are named, as PyTorch's `fuse_modules` does: a batch normalization goes into the weights of
/// the convolution or linear layer before it, under whose name they go on; an activation stays a node, which
/// quantization joins to its operator without rounding in between.
///
/// A module is the node of that name, or the nodes in that scope (`fc/MatMul`, `fc/Add`). What can be fused: Conv,
/// ConvTranspose or Linear with BatchNorm; these and Conv, Linear, BatchNorm, Add, Mul with ReLU; and, as oneDNN has
/// it, Linear with LeakyReLU or Tanh, and Conv with Add.
///
/// @param groups names of modules that follow each other
/// @see "PyTorch `torch/ao/quantization/fuser_method_mappings.py`"
public record FuseModules(List<List<String>> groups) implements Pass {
    private static final Set<List<String>> PATTERNS =
            Set.of(
                    List.of("Conv", "BatchNorm"),
                    List.of("Conv", "BatchNorm", "ReLU"),
                    List.of("Conv", "ReLU"),
                    List.of("Conv", "Add"),
                    List.of("Conv", "Add", "ReLU"),
                    List.of("ConvTranspose", "BatchNorm"),
                    List.of("Linear", "BatchNorm"),
                    List.of("Linear", "ReLU"),
                    List.of("Linear", "LeakyReLU"),
                    List.of("Linear", "Tanh"),
                    List.of("BatchNorm", "ReLU"),
                    List.of("Add", "ReLU"),
                    List.of("Mul", "ReLU"));

    public FuseModules {
        groups = groups.stream().map(List::copyOf).toList();
    }

    /// @throws IllegalArgumentException if a module is not in the graph, modules do not follow each other, something
    ///   else reads what lies between them, or they cannot be fused
    @Override
    public Graph apply(Graph graph) {
        Graph joined = new FuseGemm().apply(graph);
        Inferred inferred = ShapeInference.infer(joined);
        Map<String, Node> norms = new HashMap<>();
        for (List<String> group : groups) {
            List<Module> modules = group.stream().map(name -> Module.of(joined, name)).toList();
            requireFusable(joined, modules);
            if (modules.getFirst().isLayer() && modules.get(1).kind.equals("BatchNorm")) {
                norms.put(modules.getFirst().nodes.getFirst().name(), modules.get(1).nodes.getFirst());
            }
        }
        return Rewriter.rewrite(
                joined,
                (current, node, _) ->
                        norms.containsKey(node.name())
                                        && current.consumers(node.output()).contains(norms.get(node.name()))
                                ? Optional.of(folded(current, node, norms.get(node.name()), inferred))
                                : Optional.empty());
    }

    private static Rewriter.Rewrite folded(Graph graph, Node node, Node norm, Inferred inferred) {
        return LinearLayer.of(graph, node, inferred)
                .filter(LinearLayer::takesBias)
                .flatMap(layer ->
                        ChannelAffine.of(graph, norm, node.output(), layer.axis())
                                .flatMap(affine -> FoldBatchNormalization.folded(layer, affine, List.of(node, norm))))
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "fusion of "
                                        + node
                                        + " and "
                                        + norm
                                        + ": expected constant weights with as many channels, and for a linear layer"
                                        + " rows of a matrix"));
    }

    private static void requireFusable(Graph graph, List<Module> modules) {
        String names = modules.stream().map(Module::name).collect(Collectors.joining(", "));
        List<String> kinds = modules.stream().map(Module::kind).toList();
        if (!PATTERNS.contains(kinds)) {
            throw new IllegalArgumentException(
                    "fusion of " + names + ": expected one of " + PATTERNS + ", found " + kinds);
        }
        for (int i = 1; i < modules.size(); i++) {
            String value = modules.get(i - 1).nodes.getLast().output();
            Node next = modules.get(i).nodes.getFirst();
            if (graph.isOutput(value) || !graph.consumers(value).equals(List.of(next))) {
                throw new IllegalArgumentException(
                        "fusion of "
                                + names
                                + ": expected "
                                + next
                                + " alone to read '"
                                + value
                                + "', found "
                                + graph.consumers(value)
                                + (graph.isOutput(value) ? " and the graph's output" : ""));
            }
        }
    }

    /// The nodes of a layer.
    private record Module(String name, List<Node> nodes, String kind) {
        static Module of(Graph graph, String name) {
            List<Node> nodes =
                    graph.nodes().stream()
                            .filter(n -> n.name().equals(name) || n.name().startsWith(name + "/"))
                            .toList();
            if (nodes.isEmpty()) {
                throw new IllegalArgumentException("fusion: graph '" + graph.name() + "' has no module '" + name + "'");
            }
            boolean biased = nodes.size() == 2 && nodes.getFirst().op() instanceof MatMul && isAdd(nodes.getLast());
            if (nodes.size() > 1 && !biased) {
                throw new IllegalArgumentException("fusion: '" + name + "': expected one layer, found " + nodes);
            }
            return new Module(name, nodes, kind(nodes.getFirst().op()));
        }

        private static boolean isAdd(Node node) {
            return node.op() instanceof Binary op && op.function() == BinaryFunction.ADD;
        }

        private static String kind(Op op) {
            return switch (op) {
                case Conv _ -> "Conv";
                case ConvTranspose _ -> "ConvTranspose";
                case Gemm _, MatMul _ -> "Linear";
                case BatchNormalization _ -> "BatchNorm";
                case Unary unary ->
                        switch (unary.function()) {
                            case RELU -> "ReLU";
                            case LEAKY_RELU -> "LeakyReLU";
                            default -> op.type();
                        };
                default -> op.type();
            };
        }

        boolean isLayer() {
            return !nodes.getFirst().op().type().equals("BatchNormalization");
        }
    }
}
