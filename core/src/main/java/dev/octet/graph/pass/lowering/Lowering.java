package dev.octet.graph.pass.lowering;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import java.util.Map;

/// The patterns in the order in which they help each other.
public final class Lowering {
    private Lowering() {}

    /// @param types types of the graph's values, as far as they are known
    public static Graph lower(Graph graph, Map<String, TypeInfo> types, Forms forms) {
        Rewriter rewriter = new Rewriter(graph, types);
        new QuantizerCleanup(rewriter).run();
        new DataMovement(rewriter).run();
        new Activations(rewriter).removeRedundant();
        if (!forms.activations()) {
            new Activations(rewriter).limitIntegers();
        }
        new DataMovement(rewriter).run();
        ProductLowering products = new ProductLowering(rewriter, forms);
        DynamicLowering dynamic = new DynamicLowering(rewriter);
        ElementwiseLowering elementwise = new ElementwiseLowering(rewriter, forms);
        CodedProducts coded = new CodedProducts(rewriter);
        for (Node node : rewriter.nodes()) {
            if (rewriter.contains(node)) {
                products.lower(node);
                if (forms.floatProducts()) {
                    dynamic.lower(node);
                    coded.lower(node);
                }
            }
        }
        for (Node node : rewriter.nodes()) {
            if (rewriter.contains(node)) {
                elementwise.lower(node);
            }
        }
        return rewriter.toGraph();
    }
}
