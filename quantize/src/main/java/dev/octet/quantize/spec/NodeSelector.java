package dev.octet.quantize.spec;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Conv;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// Picks nodes of a graph for a [NodeRule]. The more specific selector wins, in the order of PyTorch's
/// `QConfigMapping`: the n-th operator of a type in a scope, a name, a pattern, a type, everything.
public sealed interface NodeSelector {
    boolean matches(Node node);

    /// Smaller is more specific.
    int rank();

    /// Among selectors of one rank, larger is more specific.
    default int precision() {
        return 0;
    }

    /// This selector for the nodes of one graph. A selector that asks for more than the node itself matches nothing
    /// before that.
    default NodeSelector bind(Graph graph) {
        return this;
    }

    /// Whether a name is that of a scope, or lies within it: `/encoder` has `/encoder/layer.0/MatMul`.
    private static boolean isWithin(String name, String scope) {
        return name.equals(scope)
                || (name.startsWith(scope)
                        && (scope.isEmpty() || scope.endsWith("/") || isEnd(name.charAt(scope.length()))));
    }

    private static boolean isEnd(char next) {
        return next == '/' || next == '.';
    }

    /// The `index`-th operator of a type whose name lies within a scope, in the order of the graph, from 0 (PyTorch's
    /// `module_name_object_type_order`).
    record OperatorInScope(String scope, String type, int index) implements NodeSelector {
        @Override
        public boolean matches(Node node) {
            return false;
        }

        @Override
        public int rank() {
            return 0;
        }

        @Override
        public NodeSelector bind(Graph graph) {
            int seen = 0;
            for (Node node : graph.nodes()) {
                if (node.op().type().equals(type) && isWithin(node.name(), scope) && seen++ == index) {
                    return new Nodes(Set.of(node.name()), rank());
                }
            }
            return new Nodes(Set.of(), rank());
        }
    }

    /// The node of that name, or all nodes in the scope of that name; the longest name counts.
    record Name(String name) implements NodeSelector {
        @Override
        public boolean matches(Node node) {
            return isWithin(node.name(), name);
        }

        @Override
        public int rank() {
            return 1;
        }

        @Override
        public int precision() {
            return name.length();
        }
    }

    /// Nodes whose whole name matches a regular expression.
    record NamePattern(String regex) implements NodeSelector {
        public NamePattern {
            Pattern.compile(regex);
        }

        @Override
        public boolean matches(Node node) {
            return Pattern.matches(regex, node.name());
        }

        @Override
        public int rank() {
            return 2;
        }
    }

    /// Nodes whose name begins with what matches a regular expression, as Python's `re.match` has it.
    record NameBeginning(String regex) implements NodeSelector {
        public NameBeginning {
            Pattern.compile(regex);
        }

        @Override
        public boolean matches(Node node) {
            return Pattern.compile(regex).matcher(node.name()).lookingAt();
        }

        @Override
        public int rank() {
            return 2;
        }
    }

    /// Convolutions of 3×3 with stride 1 and dilation 1 in one group, which ncnn computes by Winograd's method and
    /// therefore with 6 bits of weights.
    record WinogradConv() implements NodeSelector {
        @Override
        public boolean matches(Node node) {
            return false;
        }

        @Override
        public int rank() {
            return 3;
        }

        @Override
        public NodeSelector bind(Graph graph) {
            Set<String> names = new HashSet<>();
            for (Node node : graph.nodes()) {
                Tensor weights = node.op() instanceof Conv ? graph.constants().get(node.input(1)) : null;
                if (weights != null && isWinograd((Conv) node.op(), weights.shape())) {
                    names.add(node.name());
                }
            }
            return new Nodes(names, rank());
        }

        private static boolean isWinograd(Conv conv, Shape weights) {
            return weights.rank() == 4
                    && weights.dim(2) == 3
                    && weights.dim(3) == 3
                    && conv.group() == 1
                    && isOnes(conv.window().strides())
                    && isOnes(conv.window().dilations());
        }

        private static boolean isOnes(List<Long> values) {
            return values.stream().allMatch(v -> v == 1);
        }
    }

    /// Matrix products of which no operand is constant.
    record ActivationProduct() implements NodeSelector {
        @Override
        public boolean matches(Node node) {
            return false;
        }

        @Override
        public int rank() {
            return 3;
        }

        @Override
        public NodeSelector bind(Graph graph) {
            Set<String> names = new HashSet<>();
            for (Node node : graph.nodes()) {
                boolean product = node.op().type().equals("MatMul") || node.op().type().equals("Gemm");
                if (product && node.inputs().stream().limit(2).noneMatch(i -> graph.constant(i).isPresent())) {
                    names.add(node.name());
                }
            }
            return new Nodes(names, rank());
        }
    }

    /// Nodes of an ONNX operator type.
    record OperatorType(String type) implements NodeSelector {
        @Override
        public boolean matches(Node node) {
            return node.op().type().equals(type);
        }

        @Override
        public int rank() {
            return 4;
        }
    }

    /// All nodes.
    record Everything() implements NodeSelector {
        @Override
        public boolean matches(Node node) {
            return true;
        }

        @Override
        public int rank() {
            return 5;
        }
    }

    /// Nodes of one graph, that another selector of that rank picked.
    record Nodes(Set<String> names, int rank) implements NodeSelector {
        public Nodes {
            names = Set.copyOf(names);
        }

        @Override
        public boolean matches(Node node) {
            return names.contains(node.name());
        }
    }
}
