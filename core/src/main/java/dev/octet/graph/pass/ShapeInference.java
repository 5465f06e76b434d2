package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Composite;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Inference;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.StructuredOp;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Finds the types of all values of a graph, and the values that are constant because shapes are.
///
/// Shape arithmetic folds on the way: Shape of a known shape is a constant, and so is what Gather, Concat, Mul and the
/// like make of it, as long as it is small. What the file states about a value counts only where no rule says anything.
public final class ShapeInference {
    /// Largest value, and largest operand of one, that is computed on the way, in elements.
    private static final long SMALL = 4096;

    /// Decides whether the outputs of a node with constant operands are worth computing.
    @FunctionalInterface
    interface FoldingRule {
        boolean folds(Node node, List<@Nullable Tensor> operands, List<TypeInfo> results);
    }

    private final Graph graph;
    private final FoldingRule rule;
    private final NestedGraphs nested;
    private final Map<String, TypeInfo> types = new HashMap<>();
    private final Map<String, Tensor> constants;
    private final ShapeArithmetic arithmetic;

    private ShapeInference(Graph graph, FoldingRule rule, NestedGraphs nested) {
        this.graph = graph;
        this.rule = rule;
        this.nested = nested;
        constants = new HashMap<>(graph.constants());
        constants.forEach((name, tensor) -> types.put(name, TypeInfo.of(tensor)));
        arithmetic = new ShapeArithmetic(constants::get, this::shape);
    }

    /// Infers from the input types that the graph declares.
    ///
    /// @throws GraphException naming the node whose operands do not fit its operator
    public static Inferred infer(Graph graph) {
        return graph.analysis(Inferred.class, g -> infer(g, Map.of()));
    }

    /// Infers from the given types of some or all inputs, and for the others from those that the graph declares.
    ///
    /// @throws GraphException naming the node whose operands do not fit its operator
    /// @throws IllegalArgumentException if a name is not that of an input
    public static Inferred infer(Graph graph, Map<String, TypeInfo> inputTypes) {
        return infer(graph, inputTypes, ShapeInference::isSmall);
    }

    static Inferred infer(Graph graph, Map<String, TypeInfo> inputTypes, FoldingRule rule) {
        return infer(graph, inputTypes, rule, new NestedGraphs());
    }

    /// @param nested is told what is found in the graphs inside the nodes, too
    static Inferred infer(Graph graph, NestedGraphs nested) {
        return infer(graph, Map.of(), ShapeInference::isSmall, nested);
    }

    private static Inferred infer(
            Graph graph, Map<String, TypeInfo> inputTypes, FoldingRule rule, NestedGraphs nested) {
        ShapeInference inference = new ShapeInference(graph, rule, nested);
        // Nothing follows from a type that no operator takes.
        graph.inputs().stream()
                .filter(v -> !v.type().isForeign())
                .forEach(v -> inference.types.put(v.name(), v.type()));
        for (Map.Entry<String, TypeInfo> entry : inputTypes.entrySet()) {
            if (!graph.isInput(entry.getKey())) {
                throw new IllegalArgumentException(
                        "graph '"
                                + graph.name()
                                + "' has no input '"
                                + entry.getKey()
                                + "'; its inputs are "
                                + graph.inputs().stream().map(ValueInfo::name).toList());
            }
            inference.types.put(entry.getKey(), entry.getValue());
        }
        inference.visitAll();
        return new Inferred(
                Collections.unmodifiableMap(inference.types), Collections.unmodifiableMap(inference.constants));
    }

    private void visitAll() {
        for (Node node : graph.nodes()) {
            try {
                visit(node);
            } catch (IllegalArgumentException | ArithmeticException e) {
                // Of what comes after, the file's word is all that is known.
                graph.types().forEach(types::putIfAbsent);
                nested.note(graph, types);
                throw new GraphException(node + ": " + e.getMessage(), e);
            }
        }
        nested.note(graph, types);
    }

    private static boolean isSmall(Node node, List<@Nullable Tensor> operands, List<TypeInfo> results) {
        return operands.stream().allMatch(t -> t == null || t.elementCount() <= SMALL)
                && results.stream().allMatch(t -> fixedShape(t).elementCount() <= SMALL);
    }

    /// Bytes that a value of fixed shape takes.
    static long byteSize(TypeInfo type) {
        return type.dtype().bytes(fixedShape(type).elementCount());
    }

    static Shape fixedShape(TypeInfo type) {
        PartialShape shape = type.shape();
        if (shape == null) {
            throw new IllegalStateException("shape is not known");
        }
        return shape.toShape();
    }

    private @Nullable PartialShape shape(String value) {
        TypeInfo type = types.get(value);
        return type == null ? null : type.shape();
    }

    private void visit(Node node) {
        List<@Nullable TypeInfo> found = outputTypes(node);
        for (int i = 0; i < node.outputs().size(); i++) {
            String output = node.outputs().get(i);
            TypeInfo type = reconcile(i == 0 ? refined(node, found.get(0)) : found.get(i), graph.types().get(output));
            if (!output.isEmpty() && type != null) {
                types.put(output, type);
            }
        }
        if (!(node.op() instanceof Opaque)) {
            fold(node);
            followExtents(node);
        }
    }

    private @Nullable TypeInfo refined(Node node, @Nullable TypeInfo type) {
        return type == null || !type.isTensor()
                ? type
                : new TypeInfo(type.dtype(), arithmetic.refine(node, type.shape()));
    }

    private void followExtents(Node node) {
        TypeInfo type = types.get(node.output());
        long[] elements = constants.containsKey(node.output()) ? null : arithmetic.visit(node);
        if (elements == null || type == null || !type.isFixed()) {
            return;
        }
        Tensor tensor = Tensor.allocate(type.dtype(), fixedShape(type));
        for (int i = 0; i < elements.length; i++) {
            tensor.setLong(i, elements[i]);
        }
        constants.put(node.output(), tensor);
    }

    /// What the rule says wins; the file's word fills in what the rule left open.
    private static @Nullable TypeInfo reconcile(@Nullable TypeInfo inferred, @Nullable TypeInfo stated) {
        if (inferred == null || stated == null) {
            return inferred == null ? stated : inferred;
        }
        boolean sameKind = inferred.dtype() == stated.dtype() && inferred.kind() == stated.kind();
        return inferred.shape() == null && sameKind ? stated : inferred;
    }

    private List<@Nullable TypeInfo> outputTypes(Node node) {
        Optional<Inference> inference =
                node.op() instanceof Opaque ? Optional.empty() : operands(node, new Inferred(types, constants), nested);
        inference.ifPresent(operands -> requireTensors(node, operands));
        List<@Nullable TypeInfo> unknown = Collections.nCopies(node.outputs().size(), null);
        try {
            return inference.map(operands -> outputTypes(node.op(), operands)).orElse(unknown);
        } catch (UnsupportedOperationException e) {
            // A form of the operator that cannot run is no fault of the graph; whoever runs it says so.
            return unknown;
        }
    }

    private List<@Nullable TypeInfo> outputTypes(Op op, Inference operands) {
        if (op instanceof Composite composite) {
            return nested.outputTypes(composite, operands);
        }
        op.infer(operands);
        return operands.outputs();
    }

    /// Only some operators take sequences and optional values.
    private static void requireTensors(Node node, Inference operands) {
        if (node.op() instanceof StructuredOp || node.op() instanceof Identity || node.op() instanceof Composite) {
            return;
        }
        for (int i = 0; i < operands.inputCount(); i++) {
            if (operands.has(i) && !operands.type(i).isTensor()) {
                throw Inference.mismatch("input " + i, "a tensor", operands.type(i));
            }
        }
    }

    /// What is known of a node's operands; empty if the type of one is not known at all.
    public static Optional<Inference> operands(Node node, Inferred inferred) {
        return operands(node, inferred, NestedGraphs.withoutWork());
    }

    /// How long the node's own inference takes.
    private static double inferenceWork(Node node, List<@Nullable Tensor> operands) {
        List<@Nullable Shape> shapes = new ArrayList<>();
        operands.forEach(operand -> shapes.add(operand == null ? null : operand.shape()));
        return node.op().inferenceWork(shapes);
    }

    private static Optional<Inference> operands(Node node, Inferred inferred, NestedGraphs nested) {
        List<@Nullable TypeInfo> operandTypes = new ArrayList<>();
        List<@Nullable Tensor> operandValues = new ArrayList<>();
        for (String input : node.inputs()) {
            if (!input.isEmpty() && !inferred.types().containsKey(input)) {
                return Optional.empty();
            }
            operandTypes.add(inferred.types().get(input));
            operandValues.add(inferred.constants().get(input));
        }
        if (!nested.takes(inferenceWork(node, operandValues))) {
            operandValues.replaceAll(_ -> null);
        }
        return Optional.of(new Inference(operandTypes, operandValues, node.outputs().size(), nested));
    }

    /// Types of the outputs of a graph inside a node; see [Inference.Subgraphs].
    public static List<@Nullable TypeInfo> subgraph(
            Graph graph, List<@Nullable TypeInfo> inputTypes, List<@Nullable Tensor> inputValues) {
        return subgraph(graph, inputTypes, inputValues, new NestedGraphs());
    }

    static List<@Nullable TypeInfo> subgraph(
            Graph graph, List<@Nullable TypeInfo> inputTypes, List<@Nullable Tensor> inputValues, NestedGraphs nested) {
        ShapeInference inference = new ShapeInference(graph, ShapeInference::isSmall, nested);
        for (int i = 0; i < graph.inputs().size(); i++) {
            String name = graph.inputs().get(i).name();
            TypeInfo type = inputTypes.get(i);
            Tensor value = inputValues.get(i);
            if (type != null) {
                inference.types.put(name, type);
            }
            if (value != null) {
                inference.constants.put(name, value);
            }
        }
        inference.visitAll();
        List<@Nullable TypeInfo> found = new ArrayList<>();
        graph.outputs().forEach(v -> found.add(inference.types.get(v.name())));
        return found;
    }

    private void fold(Node node) {
        if (node.op() instanceof StructuredOp || node.op() instanceof Composite || !node.op().isDeterministic()) {
            // Its results may be no tensors or others next time, and a loop, also one in a body, may take any time.
            return;
        }
        List<@Nullable Tensor> operands = new ArrayList<>();
        for (String input : node.inputs()) {
            if (!input.isEmpty() && !constants.containsKey(input)) {
                return;
            }
            operands.add(constants.get(input));
        }
        List<TypeInfo> results = new ArrayList<>();
        for (String output : node.outputs()) {
            TypeInfo type = types.get(output);
            if (type == null || !type.isFixed()) {
                return;
            }
            results.add(type);
        }
        if (rule.folds(node, operands, results)) {
            evaluate(node, operands, results);
        }
    }

    private void evaluate(Node node, List<@Nullable Tensor> operands, List<TypeInfo> results) {
        List<Tensor> outputs = new ArrayList<>();
        for (TypeInfo type : results) {
            outputs.add(Tensor.allocate(type.dtype(), fixedShape(type)));
        }
        node.op().evaluate(operands, outputs);
        for (int i = 0; i < outputs.size(); i++) {
            constants.put(node.outputs().get(i), outputs.get(i));
        }
    }
}
