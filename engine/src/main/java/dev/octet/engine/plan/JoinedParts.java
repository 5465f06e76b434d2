package dev.octet.engine.plan;

import dev.octet.engine.operator.OperatorLowerings.Group;
import dev.octet.engine.operator.Parts;
import dev.octet.engine.operator.Site;
import dev.octet.engine.operator.Values;
import dev.octet.engine.operator.ViewOperators;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.kernels.Layout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which values are computed where a Concat wants them, so that it has nothing to copy.
final class JoinedParts {
    private final Values values;
    private final Map<String, Place> places = new HashMap<>();

    /// Where a value is to lie.
    ///
    /// @param whole the Concat's result
    /// @param start with which of its elements the value starts
    /// @param layout of both
    record Place(String whole, long start, Layout layout) {}

    private JoinedParts(Values values) {
        this.values = values;
    }

    static JoinedParts of(Graph graph, KernelGroups groups, LayoutChoice layouts, Values values) {
        JoinedParts parts = new JoinedParts(values);
        for (Node node : graph.nodes()) {
            groups.endingAt(node).ifPresent(group -> parts.add(group, layouts.of(group)));
        }
        return parts;
    }

    private void add(Group group, Layout layout) {
        Node node = group.head();
        long[] starts = Parts.joined(node, values, layout).orElse(null);
        if (starts == null || bytes(node.output()) > Integer.MAX_VALUE) {
            return;
        }
        for (int i = 0; i < starts.length; i++) {
            String part = made(node.input(i));
            if (part != null) {
                places.putIfAbsent(part, new Place(node.output(), starts[i], layout));
            }
        }
    }

    private long bytes(String value) {
        return Site.type(values, value).dtype().bytes(Site.shape(values, value).elementCount());
    }

    /// What a value is a view of, if a step computes that; null if the caller gives it, or it is constant.
    private @Nullable String made(String value) {
        Node producer = values.producer(value);
        if (producer == null || values.constant(value) != null) {
            return null;
        }
        return ViewOperators.isView(producer, values) ? made(producer.input(0)) : value;
    }

    Optional<Place> place(String value) {
        return Optional.ofNullable(places.get(value));
    }
}
