package dev.octet.engine.plan;

import dev.octet.engine.operator.Values;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/// Runs the graphs inside one node of a plan. Each has plans of its own, one for each set of input types, built when
/// they are first asked for. Captured values that are constant become constants of the graph, so that what is made of
/// weights (packing, folding) is made once.
final class BodyPlans {
    /// A loop that appends to a tensor asks for a new plan on each trip and never again for an old one.
    private static final int KEPT_PLANS = 8;

    private final Map<Graph, Body> bodies = new IdentityHashMap<>();

    /// @param inputs indices of the graph's inputs that are not constant
    /// @param graph with these inputs only
    /// @param prepared by the types of the inputs without their shapes: files need not state these
    private record Body(List<Integer> inputs, Graph graph, Map<List<TypeInfo>, Prepared> prepared) {}

    /// An optimized graph.
    private record Prepared(Graph graph, PlanCache<List<TypeInfo>> plans) {}

    private final PlanSettings settings;

    /// @param values of the plan that the node is part of
    BodyPlans(Node node, Values values, PlanSettings settings) {
        this.settings = settings;
        Map<String, Tensor> constants = capturedConstants(node, values);
        for (var attribute : node.op().attributes().asMap().values()) {
            if (attribute instanceof GraphValue(Graph graph)) {
                bodies.put(graph, body(graph, constants));
            }
        }
    }

    private static Map<String, Tensor> capturedConstants(Node node, Values values) {
        List<String> names = Captures.in(node.op().attributes());
        int formal = node.inputs().size() - names.size();
        Map<String, Tensor> constants = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            Tensor constant = values.constant(node.input(formal + i));
            if (constant != null) {
                constants.put(names.get(i), constant);
            }
        }
        return constants;
    }

    private Body body(Graph graph, Map<String, Tensor> constants) {
        GraphBuilder builder = new GraphBuilder(graph.name()).metadata(graph.metadata());
        graph.opsets().forEach(builder::opset);
        graph.constants().forEach(builder::constant);
        graph.types().forEach(builder::type);
        List<Integer> inputs = new ArrayList<>();
        for (int i = 0; i < graph.inputs().size(); i++) {
            ValueInfo input = graph.inputs().get(i);
            Tensor constant = Captures.isCaptured(input) ? constants.get(input.name()) : null;
            if (constant != null) {
                builder.constant(input.name(), constant);
            } else {
                builder.input(input);
                inputs.add(i);
            }
        }
        builder.nodes(graph.nodes()).outputs(graph.outputs());
        return new Body(inputs, builder.build(), new ConcurrentHashMap<>());
    }

    private Prepared prepare(Graph graph, List<TypeInfo> types) {
        GraphBuilder builder = new GraphBuilder(graph.name()).metadata(graph.metadata());
        graph.opsets().forEach(builder::opset);
        graph.constants().forEach(builder::constant);
        graph.types().forEach(builder::type);
        for (int i = 0; i < types.size(); i++) {
            builder.input(new ValueInfo(graph.inputs().get(i).name(), types.get(i)));
        }
        builder.nodes(graph.nodes()).outputs(graph.outputs());
        return new Prepared(settings.bodyPreparation().apply(builder.build()), new PlanCache<>(KEPT_PLANS));
    }

    /// @param values a value for each input of the graph
    /// @param around the run of the node
    List<Value> run(Graph graph, List<Value> values, Run around) {
        around.deadline().check(null);
        Body body = Objects.requireNonNull(bodies.get(graph), graph.name());
        Map<String, Value> given = new HashMap<>();
        Map<String, TypeInfo> types = new HashMap<>();
        List<TypeInfo> key = new ArrayList<>();
        for (int i = 0; i < body.inputs.size(); i++) {
            ValueInfo input = body.graph.inputs().get(i);
            Value value = values.get(body.inputs.get(i));
            TypeInfo type = TypeInfo.of(value, input.type());
            given.put(input.name(), value);
            types.put(input.name(), type);
            key.add(type);
        }
        List<String> outputs = graph.outputs().stream().map(ValueInfo::name).toList();
        List<TypeInfo> kinds = key.stream().map(t -> new TypeInfo(t.dtype(), null, t.kind())).toList();
        Prepared prepared = body.prepared.computeIfAbsent(kinds, k -> prepare(body.graph, k));
        ExecutionPlan plan =
                prepared.plans.get(
                        List.copyOf(key),
                        () -> PlanBuilder.build(prepared.graph, types, outputs, Watched.NOTHING, settings));
        Map<String, Value> results = plan.run(given, around);
        return outputs.stream().<Value>map(name -> Objects.requireNonNull(results.get(name))).toList();
    }

    /// Bytes that runs of these plans hold.
    long heldBytes() {
        return bodies.values().stream()
                .flatMap(b -> b.prepared.values().stream())
                .flatMap(p -> p.plans.plans().stream())
                .mapToLong(ExecutionPlan::heldBytes)
                .sum();
    }

    void retire() {
        bodies.values().forEach(b -> b.prepared.values().forEach(p -> p.plans.clear()));
    }
}
