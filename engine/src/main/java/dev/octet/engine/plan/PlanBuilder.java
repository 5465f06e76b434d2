package dev.octet.engine.plan;

import dev.octet.engine.operator.OperatorLowerings;
import dev.octet.engine.operator.OperatorLowerings.Group;
import dev.octet.engine.operator.Values;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.pass.ConstantFolding;
import dev.octet.graph.pass.DeadCodeElimination;
import dev.octet.graph.pass.ExpandComposites;
import dev.octet.graph.pass.Inferred;
import dev.octet.graph.pass.Pass;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Builds the plan of a graph for one set of input shapes.
///
/// With fixed shapes all shape arithmetic folds. Each node that is left becomes a view, or a step: together with nodes
/// after it that its kernel computes as well, by its operator's own evaluation, or, if its shapes depend on data,
/// dynamically, as everything does that reads its result.
public final class PlanBuilder {
    private final Graph graph;
    private final Values values;
    private final KernelSets kernels;
    private final Set<String> watched;
    private final PlanTable table;
    private final Set<String> dynamic = new HashSet<>();
    private final Set<String> takenNodes = new HashSet<>();
    private final Map<String, Pending> pending = new HashMap<>();

    /// A kernel that computes several nodes, to be run where the last of them stands.
    private record Pending(Node head, Group group, KernelSets.Compiled compiled) {}

    private PlanBuilder(Graph graph, KernelSets kernels, Set<String> watched, MemoryLimit limit) {
        this.graph = graph;
        this.kernels = kernels;
        this.watched = watched;
        this.values = values(ShapeInference.infer(graph));
        this.table = new PlanTable(values, limit);
    }

    private static Values values(Inferred inferred) {
        return new Values() {
            @Override
            public @Nullable TypeInfo type(String value) {
                return inferred.types().get(value);
            }

            @Override
            public @Nullable Tensor constant(String value) {
                return inferred.constants().get(value);
            }
        };
    }

    /// @param graph lists the watched values among its outputs, so that passes keep them
    /// @param inputTypes fixed types of all inputs
    /// @param outputs the values to return
    /// @param memoryLimit most bytes that the values of a run may take
    /// @throws GraphException if they take more, or operands do not fit their operator
    public static ExecutionPlan build(
            Graph graph,
            Map<String, TypeInfo> inputTypes,
            List<String> outputs,
            Set<String> watched,
            KernelSets kernels,
            long memoryLimit) {
        Graph fixed =
                Pass.sequence(
                                ConstantFolding.withInputTypes(inputTypes),
                                new ExpandComposites(),
                                new ConstantFolding(),
                                new DeadCodeElimination())
                        .apply(graph);
        return new PlanBuilder(withNamedOutputs(fixed), kernels, watched, new MemoryLimit(memoryLimit)).build(outputs);
    }

    /// Operators compute outputs that nobody reads too, so these need a type and a place as all others do.
    private static Graph withNamedOutputs(Graph graph) {
        if (graph.nodes().stream().noneMatch(n -> n.outputs().contains(""))) {
            return graph;
        }
        GraphBuilder builder = graph.toBuilder();
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            List<String> names = new ArrayList<>(node.outputs());
            names.replaceAll(name -> name.isEmpty() ? builder.freshName(node.name() + "_unused") : name);
            nodes.add(node.withOutputs(names));
        }
        return builder.nodes(nodes).build();
    }

    private ExecutionPlan build(List<String> outputs) {
        Map<String, PlannedValue> inputs = defineInputs();
        for (String value : watched) {
            if (values.constant(value) != null) {
                watch(value);
            }
        }
        findDynamic();
        graph.nodes().forEach(this::visit);
        Map<String, PlannedValue> results = new LinkedHashMap<>();
        outputs.forEach(name -> results.put(name, table.read(name)));
        return table.plan(inputs, results);
    }

    /// Inputs of which only the shape was of interest need no memory.
    private Map<String, PlannedValue> defineInputs() {
        Map<String, PlannedValue> inputs = new LinkedHashMap<>();
        for (ValueInfo input : graph.inputs()) {
            String name = input.name();
            if (!graph.consumers(name).isEmpty() || graph.isOutput(name)) {
                inputs.put(name, table.define(name));
                watch(name);
            }
        }
        return inputs;
    }

    private void findDynamic() {
        for (Node node : graph.nodes()) {
            boolean open =
                    node.inputs().stream().anyMatch(dynamic::contains)
                            || node.outputs().stream().anyMatch(o -> !isFixed(o));
            if (open) {
                dynamic.addAll(node.outputs());
            }
        }
    }

    private boolean isFixed(String value) {
        TypeInfo type = values.type(value);
        return type != null && type.isFixed();
    }

    private boolean isDynamic(Node node) {
        return node.outputs().stream().anyMatch(dynamic::contains);
    }

    private boolean isConstant(Node node) {
        return node.outputs().stream().allMatch(o -> values.constant(o) != null);
    }

    private void visit(Node node) {
        if (takenNodes.contains(node.name())) {
            Pending group = pending.get(node.name());
            if (group != null) {
                addKernel(group.head, group.group, group.compiled, node);
            }
        } else if (!isConstant(node)) {
            place(node);
        }
    }

    private void place(Node node) {
        if (isDynamic(node)) {
            List<@Nullable PlannedValue> inputs = table.operands(node);
            table.add(new DynamicStep(node, inputs, table.defineDynamic(node)));
            node.outputs().forEach(this::watch);
        } else if (OperatorLowerings.isView(node, values)) {
            table.alias(node.output(), node.input(0));
            watch(node.output());
        } else {
            addStep(node);
        }
    }

    private void addStep(Node node) {
        Optional<Group> group =
                OperatorLowerings.lower(graph, node, values, this::isFree, this::isHidden)
                        .filter(g -> hasElements(node, g));
        Optional<KernelSets.Compiled> compiled = group.flatMap(g -> kernels.compile(g.lowered().spec()));
        if (group.isEmpty() || compiled.isEmpty()) {
            addEvaluation(node);
            return;
        }
        List<Node> tail = group.get().tail().nodes();
        if (tail.isEmpty()) {
            addKernel(node, group.get(), compiled.get(), node);
        } else {
            tail.forEach(n -> takenNodes.add(n.name()));
            pending.put(tail.getLast().name(), new Pending(node, group.get(), compiled.get()));
        }
    }

    /// Kernels need not care for empty tensors.
    private boolean hasElements(Node node, Group group) {
        return group.lowered().inputs().stream().allMatch(i -> table.byteSize(i) > 0)
                && node.outputs().stream().allMatch(o -> table.byteSize(o) > 0);
    }

    private boolean isFree(Node node) {
        return !takenNodes.contains(node.name())
                && !isDynamic(node)
                && node.inputs().stream().noneMatch(dynamic::contains);
    }

    private boolean isHidden(String value) {
        return !graph.isOutput(value) && !watched.contains(value);
    }

    private void addKernel(Node head, Group group, KernelSets.Compiled compiled, Node last) {
        StringBuilder operator = new StringBuilder(head.op().type());
        group.tail().nodes().forEach(n -> operator.append('+').append(n.op().type()));
        List<PlannedValue> inputs = group.lowered().inputs().stream().map(table::read).toList();
        List<PlannedValue> outputs = table.defineAll(last);
        table.add(
                new KernelStep(
                        head.name(),
                        operator.toString(),
                        compiled.set(),
                        KernelStep.macs(group.lowered().spec()),
                        compiled.kernel(),
                        inputs,
                        outputs));
        last.outputs().forEach(this::watch);
    }

    private void addEvaluation(Node node) {
        List<@Nullable PlannedValue> inputs = table.operands(node);
        table.add(new EvaluateStep(node, inputs, table.defineAll(node)));
        node.outputs().forEach(this::watch);
    }

    private void watch(String value) {
        if (watched.contains(value)) {
            table.add(new WatchStep(value, table.read(value)));
        }
    }
}
