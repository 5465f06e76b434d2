package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/// Joins a MatMul of a matrix with a constant one and the addition of a constant vector into a Gemm.
///
/// Only where the operand is known to be a matrix: Gemm takes no batches.
public record FuseGemm() implements Pass {
    private static final Pattern FORMULA =
            Pattern.add(
                    Pattern.node(
                            op -> op instanceof MatMul,
                            Pattern.any("x"),
                            Pattern.constant("weights", t -> t.shape().rank() == 2)),
                    Pattern.constant("bias", t -> t.shape().rank() == 1));

    @Override
    public Graph apply(Graph graph) {
        Inferred inferred = ShapeInference.infer(graph);
        return Rewriter.rewrite(graph, FORMULA, match -> fused(match, inferred));
    }

    private static Optional<Node> fused(Match match, Inferred inferred) {
        PartialShape shape = inferred.shape(match.value("x"));
        Tensor weights = match.constant("weights");
        boolean fits =
                shape != null
                        && shape.rank() == 2
                        && weights.dtype().isFloating()
                        && match.constant("bias").elementCount() == weights.shape().dim(1);
        Node matMul = match.nodes().getLast();
        return fits
                ? Optional.of(
                        matMul.withOp(new Gemm(1, 1, false, false))
                                .withInputs(List.of(match.value("x"), match.value("weights"), match.value("bias"))))
                : Optional.empty();
    }
}
