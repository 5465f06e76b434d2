package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Composite;
import dev.octet.graph.op.Inference;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The graphs inside the nodes of a graph, however deep, and those that composites stand for, in one inference of that
/// graph.
final class NestedGraphs implements Inference.Subgraphs {
    /// What may be computed in one inference to find shapes: passes infer again and again, and a small file can hold
    /// any number of nodes whose shape takes long to find. Such shapes are then found when the model runs.
    private static final double MOST_WORK = 1 << 25;

    private double remainingWork;

    private final Map<Graph, List<TypeInfo>> states = new IdentityHashMap<>();
    private final Map<Graph, Map<String, TypeInfo>> types = new IdentityHashMap<>();
    private final Map<Call, List<@Nullable TypeInfo>> calls = new HashMap<>();

    /// All that the types of a composite's outputs depend on.
    private record Call(
            Composite op, List<@Nullable TypeInfo> types, List<@Nullable Tensor> constants, int outputCount) {
        static Call of(Composite op, Inference operands) {
            List<@Nullable TypeInfo> types = new ArrayList<>();
            List<@Nullable Tensor> constants = new ArrayList<>();
            for (int i = 0; i < operands.inputCount(); i++) {
                types.add(operands.has(i) ? operands.type(i) : null);
                constants.add(operands.constant(i));
            }
            return new Call(op, types, constants, operands.outputCount());
        }
    }

    NestedGraphs() {
        this(MOST_WORK);
    }

    private NestedGraphs(double work) {
        remainingWork = work;
    }

    /// For an inference that is to find no shape that must be computed.
    static NestedGraphs withoutWork() {
        return new NestedGraphs(0);
    }

    /// Whether there is time for that much work, which is then done.
    boolean takes(double work) {
        if (work > remainingWork) {
            return false;
        }
        remainingWork -= work;
        return true;
    }

    @Override
    public List<@Nullable TypeInfo> infer(
            Graph graph, List<@Nullable TypeInfo> inputTypes, List<@Nullable Tensor> inputValues) {
        return ShapeInference.subgraph(graph, inputTypes, inputValues, this);
    }

    /// Types of a composite's outputs. Models repeat their composites layer by layer, and the body of each has dozens
    /// of nodes.
    List<@Nullable TypeInfo> outputTypes(Composite op, Inference operands) {
        Call call = Call.of(op, operands);
        List<@Nullable TypeInfo> known = calls.get(call);
        if (known == null) {
            op.infer(operands);
            known = operands.outputs();
            calls.put(call, known);
        }
        return known;
    }

    @Override
    public List<TypeInfo> widened(Graph body, List<TypeInfo> state) {
        return states.merge(body, state, NestedGraphs::join);
    }

    /// A body that several nodes share may begin with values of other kinds in each: these have nothing in common.
    private static List<TypeInfo> join(List<TypeInfo> before, List<TypeInfo> now) {
        List<TypeInfo> joined = new ArrayList<>();
        for (int i = 0; i < now.size(); i++) {
            TypeInfo both = i < before.size() ? before.get(i).join(now.get(i)) : null;
            joined.add(both == null ? now.get(i) : both);
        }
        return joined;
    }

    /// Notes the types of a graph's values. Of a graph that is inferred more than once, in a loop or as a part of
    /// several nodes, those are kept that are the same each time.
    ///
    /// @param found is not changed by others from now on
    void note(Graph graph, Map<String, TypeInfo> found) {
        Map<String, TypeInfo> before = types.putIfAbsent(graph, found);
        if (before != null) {
            before.entrySet().removeIf(e -> !e.getValue().equals(found.get(e.getKey())));
        }
    }

    /// What is known of the values of every graph that was inferred.
    Map<Graph, Map<String, TypeInfo>> types() {
        return types;
    }
}
