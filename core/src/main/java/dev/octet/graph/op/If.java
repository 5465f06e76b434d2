package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Graph;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Runs one of two graphs. Inputs: the condition, a single BOOL, and the values that the graphs capture; they have no
/// inputs of their own. Outputs are those of the graph that is run.
public record If(Graph thenBranch, Graph elseBranch) implements StructuredOp {
    public static If of(Attributes attributes) {
        return new If(branch(attributes, "then_branch"), branch(attributes, "else_branch"));
    }

    private static Graph branch(Attributes attributes, String name) {
        return attributes
                .getGraph(name)
                .orElseThrow(() -> new IllegalArgumentException("attribute " + name + " is missing"));
    }

    @Override
    public String type() {
        return "If";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder()
                .put("then_branch", new GraphValue(thenBranch))
                .put("else_branch", new GraphValue(elseBranch))
                .build();
    }

    @Override
    public int sinceVersion() {
        return 13;
    }

    /// The graph that runs, if the condition is known, and the operands that are its inputs.
    public Optional<Inlined> branch(Inference inference) {
        Tensor condition = inference.constant(0);
        if (condition == null || condition.elementCount() != 1) {
            return Optional.empty();
        }
        Closure closure = Closure.of(this, chosen(condition), inference.inputCount());
        return Optional.of(new Inlined(closure.graph(), closure.operands()));
    }

    /// A graph that a node is no more than.
    ///
    /// @param operands index of the node's operand for each input of the graph
    public record Inlined(Graph graph, List<Integer> operands) {}

    private Graph chosen(Tensor condition) {
        return condition.getLong(0) != 0 ? thenBranch : elseBranch;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "condition", Operands.BOOL);
        Operands.requireScalar(inference, 0, "condition");
        Closure then = Closure.of(this, thenBranch, inference.inputCount());
        Closure otherwise = Closure.of(this, elseBranch, inference.inputCount());
        then.requireOutputs(inference.outputCount());
        otherwise.requireOutputs(inference.outputCount());
        Tensor condition = inference.constant(0);
        if (condition != null) {
            Closure chosen = condition.getLong(0) != 0 ? then : otherwise;
            put(inference, chosen.infer(inference, List.of()));
            return;
        }
        // Each branch once: done twice at every level, deep nesting would take exponential time.
        List<@Nullable TypeInfo> first = typesOrNull(then, inference);
        if (first == null) {
            put(inference, otherwise.infer(inference, List.of()));
            return;
        }
        List<@Nullable TypeInfo> second = typesOrNull(otherwise, inference);
        if (second == null) {
            put(inference, first);
            return;
        }
        for (int i = 0; i < first.size(); i++) {
            TypeInfo a = first.get(i);
            TypeInfo b = second.get(i);
            if (a != null && b != null) {
                inference.output(i, join(a, b, i));
            }
        }
    }

    /// Types of a branch's outputs, or null if it cannot run: a model may choose by rank, so that counts only when the
    /// branch is chosen.
    private static @Nullable List<@Nullable TypeInfo> typesOrNull(Closure branch, Inference inference) {
        try {
            return branch.infer(inference, List.of());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static void put(Inference inference, List<@Nullable TypeInfo> types) {
        for (int i = 0; i < types.size(); i++) {
            TypeInfo type = types.get(i);
            if (type != null) {
                inference.output(i, type);
            }
        }
    }

    private static TypeInfo join(TypeInfo a, TypeInfo b, int output) {
        // One branch may have a value where the other has an optional one.
        boolean optional = a.isOptional() || b.isOptional();
        TypeInfo joined = optional ? a.asOptional().join(b.asOptional()) : a.join(b);
        if (joined == null) {
            throw Inference.mismatch("output " + output + " of else_branch", a, b);
        }
        return joined;
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        Tensor condition = Structured.tensor(inputs, 0);
        if (condition.dtype() != DType.BOOL || condition.elementCount() != 1) {
            throw Inference.mismatch("condition", "one BOOL", condition);
        }
        return Closure.of(this, chosen(condition), inputs.size()).run(runner, List.of(), inputs);
    }
}
