package dev.octet.engine;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.pass.ConstantFolding;
import dev.octet.graph.pass.DeadCodeElimination;
import dev.octet.graph.pass.Fusion;
import dev.octet.graph.pass.IdentityElimination;
import dev.octet.graph.pass.Inferred;
import dev.octet.graph.pass.Pass;
import dev.octet.graph.pass.ShapeInference;

/// What a session does with its graph before it knows any shape.
final class Preparation {
    private Preparation() {}

    /// The graph to make plans from: optimized, with the watched values among its outputs.
    static Graph prepare(Graph graph, SessionOptions options) {
        Graph visible = withWatchedOutputs(graph, options);
        Graph prepared = passes(options).apply(visible);
        SupportCheck.requireKnown(prepared);
        // Says at once, and by node, what does not fit.
        Inferred inferred = ShapeInference.infer(prepared);
        for (String value : options.watched().all()) {
            TypeInfo type = inferred.types().get(value);
            if (type != null && !type.isTensor()) {
                throw new IllegalArgumentException("watched value '" + value + "': expected a tensor, found " + type);
            }
        }
        return prepared;
    }

    /// Outputs are what every pass keeps.
    private static Graph withWatchedOutputs(Graph graph, SessionOptions options) {
        GraphBuilder builder = graph.toBuilder();
        boolean changed = false;
        for (String value : options.watched().all()) {
            boolean defined =
                    graph.isInput(value) || graph.constant(value).isPresent() || graph.producer(value).isPresent();
            if (!defined) {
                throw new IllegalArgumentException(
                        "watched value '" + value + "' is not in graph '" + graph.name() + "'");
            }
            if (!graph.isOutput(value)) {
                builder.output(value);
                changed = true;
            }
        }
        return changed ? builder.build() : graph;
    }

    /// What the graph goes through, and each graph inside a node when it is planned.
    static Pass passes(SessionOptions options) {
        Pass common =
                Pass.sequence(
                        new IdentityElimination(), Fusion.standard(), new ConstantFolding(), new DeadCodeElimination());
        return options.integerLowering() ? common.then(options.numerics().lowering()) : common;
    }
}
