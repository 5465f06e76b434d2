package dev.octet.engine.plan;

import dev.octet.engine.operator.Lowered;
import dev.octet.engine.operator.OperatorLowerings;
import dev.octet.engine.operator.OperatorLowerings.Group;
import dev.octet.engine.operator.Parts;
import dev.octet.engine.operator.RecurrentOperators;
import dev.octet.engine.operator.RecurrentProgram;
import dev.octet.engine.operator.Site;
import dev.octet.engine.operator.StoredOperators;
import dev.octet.engine.operator.Transposition;
import dev.octet.engine.operator.Values;
import dev.octet.engine.operator.ViewOperators;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.StructuredOp;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.pass.ConstantFolding;
import dev.octet.graph.pass.DeadCodeElimination;
import dev.octet.graph.pass.ExpandComposites;
import dev.octet.graph.pass.Inferred;
import dev.octet.graph.pass.Pass;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.kernels.Layout;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Builds the plan of a graph for one set of input shapes.
///
/// With fixed shapes all shape arithmetic folds. Each node that is left becomes a view or parts of a value, or a step:
/// together with nodes after it that its kernel computes as well ([KernelGroups]), by its operator's own evaluation,
/// or, if its shapes depend on data, dynamically, as everything does that reads its result. Where images lie channels
/// last ([LayoutChoice]), steps are those for that order of axes.
public final class PlanBuilder {
    private final Graph graph;
    private final Values values;
    private final PlanSettings settings;
    private final Watched watched;
    private final PlanTable table;
    private final Set<String> dynamic = new HashSet<>();
    private final KernelGroups groups;
    private final LayoutChoice layouts;

    private PlanBuilder(Graph graph, Watched watched, PlanSettings settings) {
        this.graph = graph;
        this.settings = settings;
        this.watched = watched;
        this.values = values(graph, ShapeInference.infer(graph));
        findDynamic();
        groups =
                KernelGroups.of(
                        graph, graph.nodes().stream().filter(this::mayBeKernel).toList(), values, this::isHidden);
        layouts = LayoutChoice.of(graph, groups, values, settings.kernels().preferredLayout(), this::isFixed);
        JoinedParts joined = JoinedParts.of(graph, groups, layouts, values);
        table = new PlanTable(values, joined, settings.kernels(), new MemoryLimit(settings.memoryLimit()));
    }

    private static Values values(Graph graph, Inferred inferred) {
        return new Values() {
            @Override
            public @Nullable TypeInfo type(String value) {
                return inferred.types().get(value);
            }

            @Override
            public @Nullable Tensor constant(String value) {
                return inferred.constants().get(value);
            }

            @Override
            public @Nullable Node producer(String value) {
                return graph.producer(value).orElse(null);
            }
        };
    }

    /// @param graph lists the watched values among its outputs, so that passes keep them
    /// @param inputTypes fixed types of all inputs
    /// @param outputs the values to return
    /// @throws GraphException if they take more memory than the settings allow, or operands do not fit their operator
    public static ExecutionPlan build(
            Graph graph,
            Map<String, TypeInfo> inputTypes,
            List<String> outputs,
            Watched watched,
            PlanSettings settings) {
        Graph fixed =
                Pass.sequence(
                                ConstantFolding.withInputTypes(inputTypes),
                                new ExpandComposites(),
                                new ConstantFolding(),
                                new DeadCodeElimination())
                        .apply(graph);
        return new PlanBuilder(withNamedOutputs(fixed), watched, settings).build(outputs);
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
        for (String value : watched.all()) {
            if (values.constant(value) != null) {
                watch(value);
            }
        }
        graph.nodes().forEach(this::visit);
        Map<String, PlannedValue> results = new LinkedHashMap<>();
        List<PlannedValue> read = table.readAll(outputs);
        for (int i = 0; i < read.size(); i++) {
            results.put(outputs.get(i), read.get(i));
        }
        return table.plan(inputs, results);
    }

    /// Inputs of which only the shape was of interest need no memory.
    private Map<String, PlannedValue> defineInputs() {
        Map<String, PlannedValue> inputs = new LinkedHashMap<>();
        for (ValueInfo input : graph.inputs()) {
            String name = input.name();
            if (!graph.consumers(name).isEmpty() || graph.isOutput(name)) {
                inputs.put(name, table.define(name, Layout.CHANNELS_FIRST));
                watch(name);
            }
        }
        return inputs;
    }

    private void findDynamic() {
        for (Node node : graph.nodes()) {
            if (node.op() instanceof StructuredOp) {
                node.outputs().stream().filter(o -> !isFixed(o)).forEach(dynamic::add);
                continue;
            }
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

    /// Whether all that a node reads and writes is tensors of fixed shapes, and there is something to compute.
    private boolean isFixed(Node node) {
        return !(node.op() instanceof StructuredOp)
                && !isConstant(node)
                && !isDynamic(node)
                && node.inputs().stream().noneMatch(dynamic::contains);
    }

    private boolean mayBeKernel(Node node) {
        return isFixed(node) && !ViewOperators.isView(node, values);
    }

    private boolean isHidden(String value) {
        return !graph.isOutput(value) && !isWatched(value);
    }

    private void visit(Node node) {
        groups.endingAt(node).ifPresent(this::addKernel);
        if (!groups.isTaken(node) && !isConstant(node)) {
            place(node);
            node.outputs().forEach(this::watch);
        }
    }

    private void place(Node node) {
        if (node.op() instanceof StructuredOp op) {
            BodyPlans bodies = new BodyPlans(node, values, settings);
            List<@Nullable PlannedValue> inputs = table.operands(node);
            table.add(new StructuredStep(node, op, inputs, table.defineStructured(node), bodies));
        } else if (node.op() instanceof Identity && table.isStructured(node.output())) {
            table.aliasStructured(node.output(), node.input(0));
        } else if (isDynamic(node)) {
            List<@Nullable PlannedValue> inputs = table.operands(node);
            table.add(new DynamicStep(node, inputs, table.defineDynamic(node)));
        } else if (ViewOperators.isView(node, values)) {
            Layout layout =
                    ViewOperators.keepsImage(node, values) ? table.layout(node.input(0)) : Layout.CHANNELS_FIRST;
            table.alias(node.output(), node.input(0), layout, layout);
        } else if (node.op() instanceof Transpose op && Site.type(values, node.input(0)).dtype().bits() >= Byte.SIZE) {
            addTransposition(node, op);
        } else {
            Layout layout = layouts.of(node);
            Optional<long[]> parts = Parts.taken(node, values, layout);
            Optional<RecurrentProgram> program = RecurrentOperators.of(node, values);
            if (parts.isPresent()) {
                table.aliasParts(node.outputs(), node.input(0), layout, parts.get());
            } else if (program.isPresent()) {
                table.addRecurrence(node, program.get());
            } else {
                addEvaluation(node);
            }
        }
    }

    /// Between the layouts that operand and result have anyway, which may leave nothing to do.
    private void addTransposition(Node node, Transpose op) {
        String x = node.input(0);
        Layout from = table.layout(x);
        Layout to = layouts.of(node.output());
        Transposition transposition = Transposition.of(op, Site.shape(values, x), from, to);
        if (transposition.isView()) {
            table.alias(node.output(), x, from, to);
            return;
        }
        PlannedValue source = table.readAll(List.of(x), 0, from).getFirst();
        PlannedValue target = table.define(node.output(), to);
        table.addTransposition(node.name(), transposition, Site.type(values, x).dtype(), source, target);
    }

    private void addKernel(Group group) {
        Layout wanted = layouts.of(group);
        Optional<Lowered> there = OperatorLowerings.lower(group, values, wanted);
        Layout layout = there.isPresent() ? wanted : Layout.CHANNELS_FIRST;
        Optional<long[]> parts = Parts.joined(group.head(), values, layout);
        if (parts.isPresent() && table.join(group.head(), layout, parts.get())) {
            watch(group.head().output());
            return;
        }
        Lowered lowered = there.orElse(group.lowered());
        KernelSets.Compiled compiled = settings.kernels().compile(lowered.spec());
        List<PlannedValue> inputs = table.readAll(lowered.inputs(), layouts.rank(group), layout);
        List<PlannedValue> outputs = table.defineAll(group.last(), layout);
        table.add(KernelStep.of(group.head().name(), operator(group), lowered.spec(), compiled, inputs, outputs));
        group.last().outputs().forEach(this::watch);
    }

    private static String operator(Group group) {
        StringBuilder operator = new StringBuilder(group.head().op().type());
        group.tail().nodes().forEach(n -> operator.append('+').append(n.op().type()));
        return operator.toString();
    }

    private void addEvaluation(Node node) {
        Layout layout = layouts.of(node);
        if (layout == Layout.CHANNELS_FIRST) {
            List<@Nullable PlannedValue> inputs = table.operands(node);
            table.add(new EvaluateStep(node, inputs, table.defineAll(node, layout)));
            return;
        }
        StoredOperators.Stored stored = StoredOperators.of(node, values, layout);
        int[] images = StoredOperators.images(node, values);
        List<@Nullable PlannedValue> inputs = new ArrayList<>(table.operands(node.inputs(), images, layout));
        Tensor axes = stored.axes();
        if (axes != null) {
            while (inputs.size() <= StoredOperators.AXES) {
                inputs.add(null);
            }
            inputs.set(StoredOperators.AXES, table.constant(axes));
        }
        Node there = new Node(node.name(), stored.op(), node.inputs(), node.outputs());
        table.add(new EvaluateStep(there, inputs, table.defineAll(node, layout)));
    }

    private boolean isWatched(String value) {
        return watched.values().contains(value) || watched.elements().contains(value);
    }

    private void watch(String value) {
        if (!isWatched(value)) {
            return;
        }
        PlannedValue read = watched.values().contains(value) ? table.read(value) : table.readStored(value);
        table.add(new WatchStep(value, read));
    }
}
