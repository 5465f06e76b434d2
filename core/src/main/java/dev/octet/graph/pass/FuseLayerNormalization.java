package dev.octet.graph.pass;

import static dev.octet.graph.pass.Pattern.add;
import static dev.octet.graph.pass.Pattern.any;
import static dev.octet.graph.pass.Pattern.constant;
import static dev.octet.graph.pass.Pattern.div;
import static dev.octet.graph.pass.Pattern.either;
import static dev.octet.graph.pass.Pattern.mul;
import static dev.octet.graph.pass.Pattern.named;
import static dev.octet.graph.pass.Pattern.node;
import static dev.octet.graph.pass.Pattern.pow;
import static dev.octet.graph.pass.Pattern.scalar;
import static dev.octet.graph.pass.Pattern.sub;
import static dev.octet.graph.pass.Pattern.unary;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Recognizes layer normalization where it is spelled out: `d/√(mean(d²) + ε)·scale + bias` with `d = x − mean(x)`, the
/// means being over the last axis.
public record FuseLayerNormalization() implements Pass {
    private static final Pattern SCALED = mul(normalized(), constant("scale", FuseLayerNormalization::isVector));
    private static final Pattern SHIFTED = add(SCALED, constant("bias", FuseLayerNormalization::isVector));

    private static Pattern normalized() {
        Pattern x = any("x");
        Pattern difference = named("difference", sub(x, mean(x, "axes of mean")));
        Pattern square = either(pow(difference, 2), mul(difference, difference));
        Pattern variance = mean(square, "axes of variance");
        Pattern deviation = unary(UnaryFunction.SQRT, add(variance, constant("epsilon", t -> t.elementCount() == 1)));
        return either(
                div(difference, deviation),
                mul(difference, either(unary(UnaryFunction.RECIPROCAL, deviation), div(scalar(1), deviation))));
    }

    private static Pattern mean(Pattern x, String axes) {
        return node(FuseLayerNormalization::isMean, x, constant(axes, t -> t.elementCount() == 1));
    }

    private static boolean isMean(Op op) {
        return op instanceof Reduce(ReduceFunction function, boolean keepDims, _)
                && function == ReduceFunction.MEAN
                && keepDims;
    }

    private static boolean isVector(Tensor tensor) {
        return tensor.shape().rank() == 1;
    }

    @Override
    public Graph apply(Graph graph) {
        Inferred inferred = ShapeInference.infer(graph);
        Graph shifted = Rewriter.rewrite(graph, SHIFTED, match -> fused(match, inferred));
        return Rewriter.rewrite(shifted, SCALED, match -> fused(match, inferred));
    }

    private static Optional<Node> fused(Match match, Inferred inferred) {
        PartialShape shape = inferred.shape(match.value("x"));
        Tensor scale = match.constant("scale");
        boolean sameLength = !match.has("bias") || match.constant("bias").elementCount() == scale.elementCount();
        boolean fits =
                sameLength
                        && isLastAxis(match.constant("axes of mean"), shape)
                        && isLastAxis(match.constant("axes of variance"), shape)
                        && isExtent(scale.elementCount(), shape);
        if (!fits) {
            return Optional.empty();
        }
        Node root = match.nodes().getFirst();
        LayerNormalization op = new LayerNormalization(-1, match.constant("epsilon").getFloat(0));
        List<String> operands =
                match.has("bias")
                        ? List.of(match.value("x"), match.value("scale"), match.value("bias"))
                        : List.of(match.value("x"), match.value("scale"));
        return Optional.of(root.withOp(op).withInputs(operands));
    }

    private static boolean isLastAxis(Tensor axes, @Nullable PartialShape shape) {
        long axis = axes.getLong(0);
        return axis == -1 || shape != null && axis == shape.rank() - 1;
    }

    /// Whether the last axis has this extent. Where it is unknown, a vector of several elements says so itself: the one
    /// extent that it could broadcast is 1, over which normalizing gives nothing but zeros.
    private static boolean isExtent(long length, @Nullable PartialShape shape) {
        long extent = shape == null || shape.rank() == 0 ? -1 : shape.size(-1);
        return extent < 0 ? length > 1 : extent == length;
    }
}
