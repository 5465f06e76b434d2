package dev.octet.engine.plan;

import dev.octet.engine.operator.LayoutRule;
import dev.octet.engine.operator.OperatorLowerings.Group;
import dev.octet.engine.operator.Site;
import dev.octet.engine.operator.StoredOperators;
import dev.octet.engine.operator.Values;
import dev.octet.engine.operator.ViewOperators;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.kernels.Layout;
import dev.octet.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// The layout of each image of a graph, chosen once for all.
///
/// Images that an operator reads and writes in one layout, whichever, are tied to each other. Where convolutions are
/// among those that are tied, all of them lie in the layout that convolutions prefer; so what is transposed lies
/// between such regions and operators that name their axes. Images of one pixel or one channel lie the same in every
/// layout and tie nothing.
final class LayoutChoice {
    private final Values values;
    private final Layout preferred;
    private final Predicate<Node> isFixed;
    private final Map<String, String> parents = new HashMap<>();
    private final Set<String> convolved = new HashSet<>();

    private LayoutChoice(Values values, Layout preferred, Predicate<Node> isFixed) {
        this.values = values;
        this.preferred = preferred;
        this.isFixed = isFixed;
    }

    /// @param preferred what convolutions like best
    /// @param isFixed whether the shapes that a node reads and writes are known, and not all of its results constant
    static LayoutChoice of(Graph graph, KernelGroups groups, Values values, Layout preferred, Predicate<Node> isFixed) {
        LayoutChoice choice = new LayoutChoice(values, preferred, isFixed);
        if (preferred != Layout.CHANNELS_FIRST) {
            graph.nodes().forEach(node -> choice.visit(node, groups));
        }
        return choice;
    }

    private void visit(Node node, KernelGroups groups) {
        groups.endingAt(node).ifPresent(this::visit);
        if (groups.isTaken(node) || !isFixed.test(node)) {
            return;
        }
        List<String> images = images(node);
        tie(images);
    }

    private void visit(Group group) {
        if (group.rule() == LayoutRule.CHANNELS_FIRST) {
            return;
        }
        List<String> images = images(group);
        tie(images);
        if (group.rule() == LayoutRule.CONVOLUTION) {
            images.forEach(image -> convolved.add(root(image)));
        }
    }

    /// The values that a kernel reads and writes in one layout.
    private List<String> images(Group group) {
        int rank = rank(group);
        return Stream.concat(group.lowered().inputs().stream(), group.last().outputs().stream())
                .filter(value -> isImage(value) && Site.shape(values, value).rank() == rank)
                .toList();
    }

    /// Number of axes of a kernel's images.
    int rank(Group group) {
        return Stream.concat(group.lowered().inputs().stream(), group.last().outputs().stream())
                .mapToInt(value -> Site.shape(values, value).rank())
                .max()
                .orElse(0);
    }

    /// The values that a node which is no kernel reads and writes in one layout.
    private List<String> images(Node node) {
        List<String> images = new ArrayList<>();
        if (ViewOperators.isView(node, values)) {
            if (ViewOperators.keepsImage(node, values)) {
                images.add(node.input(0));
                images.add(node.output());
            }
        } else {
            for (int input : StoredOperators.images(node, values)) {
                images.add(node.input(input));
            }
            if (!images.isEmpty()) {
                images.addAll(node.outputs());
            }
        }
        images.removeIf(value -> !isImage(value));
        return images;
    }

    /// Whether the layout of a value matters.
    private boolean isImage(String value) {
        Shape shape = Site.shape(values, value);
        return values.constant(value) == null
                && !Layout.isIndifferent(shape)
                && Site.type(values, value).dtype().bits() >= Byte.SIZE;
    }

    private void tie(List<String> images) {
        for (int i = 1; i < images.size(); i++) {
            String a = root(images.getFirst());
            String b = root(images.get(i));
            if (!a.equals(b)) {
                parents.put(b, a);
                if (convolved.remove(b)) {
                    convolved.add(a);
                }
            }
        }
    }

    private String root(String value) {
        String root = value;
        for (String parent = parents.get(root); parent != null; parent = parents.get(root)) {
            root = parent;
        }
        if (!root.equals(value)) {
            parents.put(value, root);
        }
        return root;
    }

    /// The layout of a value.
    Layout of(String value) {
        return convolved.contains(root(value)) ? preferred : Layout.CHANNELS_FIRST;
    }

    /// The layout of what a kernel reads and writes.
    Layout of(Group group) {
        return switch (group.rule()) {
            case CHANNELS_FIRST -> Layout.CHANNELS_FIRST;
            case CONVOLUTION -> rank(group) < 3 ? Layout.CHANNELS_FIRST : preferred;
            case ANY -> images(group).stream().findFirst().map(this::of).orElse(Layout.CHANNELS_FIRST);
        };
    }

    /// The layout of what a node which is no kernel reads and writes.
    Layout of(Node node) {
        return isFixed.test(node)
                ? images(node).stream().findFirst().map(this::of).orElse(Layout.CHANNELS_FIRST)
                : Layout.CHANNELS_FIRST;
    }
}
