package dev.octet.graph.pass;

import static dev.octet.graph.pass.Pattern.add;
import static dev.octet.graph.pass.Pattern.any;
import static dev.octet.graph.pass.Pattern.clip;
import static dev.octet.graph.pass.Pattern.either;
import static dev.octet.graph.pass.Pattern.mul;
import static dev.octet.graph.pass.Pattern.node;
import static dev.octet.graph.pass.Pattern.scalar;
import static dev.octet.graph.pass.Pattern.scaled;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import java.util.List;
import java.util.Optional;

/// Recognizes HardSwish where it is spelled out: `x·clip(x + 3, 0, 6)/6` in any order, or `x·HardSigmoid(x)` with α =
/// 1/6 and β = 1/2.
public record FuseHardSwish() implements Pass {
    private static final Pattern FORMULA = formula();

    private static Pattern formula() {
        Pattern x = any("x");
        Pattern relu6 = clip(add(x, scalar(3)), 0, 6);
        Pattern gate = either(node(FuseHardSwish::isGate, x), scaled(relu6, 1 / 6.0));
        return either(mul(x, gate), scaled(mul(x, relu6), 1 / 6.0), mul(scaled(x, 1 / 6.0), relu6));
    }

    private static boolean isGate(Op op) {
        return op instanceof Unary(UnaryFunction function, float alpha, float beta)
                && function == UnaryFunction.HARD_SIGMOID
                && Pattern.isClose(alpha, 1 / 6.0)
                && beta == 0.5f;
    }

    @Override
    public Graph apply(Graph graph) {
        return Rewriter.rewrite(graph, FORMULA, FuseHardSwish::fused);
    }

    private static Optional<Node> fused(Match match) {
        Node root = match.nodes().getFirst();
        return Optional.of(root.withOp(Unary.of(UnaryFunction.HARD_SWISH)).withInputs(List.of(match.value("x"))));
    }
}
