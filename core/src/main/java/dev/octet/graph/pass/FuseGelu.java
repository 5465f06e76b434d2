package dev.octet.graph.pass;

import static dev.octet.graph.pass.Pattern.add;
import static dev.octet.graph.pass.Pattern.any;
import static dev.octet.graph.pass.Pattern.either;
import static dev.octet.graph.pass.Pattern.mul;
import static dev.octet.graph.pass.Pattern.pow;
import static dev.octet.graph.pass.Pattern.scalar;
import static dev.octet.graph.pass.Pattern.scaled;
import static dev.octet.graph.pass.Pattern.unary;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import java.util.List;
import java.util.Optional;

/// Recognizes GELU where it is spelled out: `x/2·(1 + erf(x/√2))`, or with `tanh(√(2/π)·(x + 0.044715·x³))` for the
/// error function.
public record FuseGelu() implements Pass {
    private static final Pattern X = any("x");
    private static final Pattern EXACT = halved(add(unary(UnaryFunction.ERF, scaled(X, Math.sqrt(0.5))), scalar(1)));
    private static final Pattern APPROXIMATE = halved(add(unary(UnaryFunction.TANH, tanhOperand()), scalar(1)));

    /// `x·gate/2`, whatever is multiplied first.
    private static Pattern halved(Pattern gate) {
        return either(scaled(mul(X, gate), 0.5), mul(scaled(X, 0.5), gate), mul(X, scaled(gate, 0.5)));
    }

    private static Pattern tanhOperand() {
        double factor = Math.sqrt(2 / Math.PI);
        double coefficient = 0.044715;
        Pattern square = either(mul(X, X), pow(X, 2));
        Pattern cube = either(pow(X, 3), mul(X, square));
        Pattern cubicTerm =
                either(
                        mul(cube, scalar(coefficient)),
                        mul(X, mul(X, mul(X, scalar(coefficient)))),
                        mul(X, mul(square, scalar(coefficient))));
        Pattern factored = mul(square, scalar(coefficient));
        return either(
                mul(add(X, cubicTerm), scalar(factor)),
                mul(mul(X, scalar(factor)), add(factored, scalar(1))),
                mul(mul(X, add(factored, scalar(1))), scalar(factor)));
    }

    @Override
    public Graph apply(Graph graph) {
        Graph exact = Rewriter.rewrite(graph, EXACT, match -> fused(match, 0));
        return Rewriter.rewrite(exact, APPROXIMATE, match -> fused(match, 1));
    }

    /// @param alpha 1 for the approximation by tanh
    private static Optional<Node> fused(Match match, float alpha) {
        Node root = match.nodes().getFirst();
        Unary gelu = new Unary(UnaryFunction.GELU, alpha, 0);
        return Optional.of(root.withOp(gelu).withInputs(List.of(match.value("x"))));
    }
}
