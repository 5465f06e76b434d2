package dev.octet.quantize.spec;

import dev.octet.graph.Node;
import java.util.regex.Pattern;

/// Picks nodes of a graph for a [NodeRule]. The more specific selector wins: a name, then a pattern, then a type.
public sealed interface NodeSelector {
    boolean matches(Node node);

    /// Smaller is more specific.
    int rank();

    /// The node of that name.
    record Name(String name) implements NodeSelector {
        @Override
        public boolean matches(Node node) {
            return node.name().equals(name);
        }

        @Override
        public int rank() {
            return 0;
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
            return 1;
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
            return 2;
        }
    }
}
