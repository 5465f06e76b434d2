package dev.octet.qat;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.pass.Fusion;
import dev.octet.graph.pass.Inferred;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.qat.op.NodeRun;
import dev.octet.qat.op.TensorArrays;
import dev.octet.qat.op.TrainingOp;
import dev.octet.qat.op.TrainingOps;
import dev.octet.qat.op.Value;
import dev.octet.tensor.Tensor;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A float graph as a block of DJL, so that DJL's trainers, data sets, optimizers and listeners train it.
///
/// Its parameters are the graph's weights under their names, with the graph's numbers. Inputs and outputs are in the
/// graph's order. In training, batch normalizations go by the statistics of the batch and average these.
public class GraphBlock extends AbstractBlock {
    private static final byte VERSION = 1;

    /// Nodes that a message names, at most.
    private static final int TOLD = 5;

    private final Graph graph;
    private final NDManager manager;
    private final Map<String, TrainingOp> ops = new HashMap<>();
    private final Map<String, Parameter> weights = new LinkedHashMap<>();
    private final Map<String, BatchNorm> norms = new LinkedHashMap<>();
    private boolean scores;

    /// @param graph whose nodes are run as they are
    /// @param ownWeights names of constants that somebody else trains
    GraphBlock(Graph graph, NDManager manager, Set<String> ownWeights) {
        super(VERSION);
        this.graph = graph;
        this.manager = manager;
        inputNames = graph.inputs().stream().map(ValueInfo::name).toList();
        requireFloats(graph);
        List<String> unknown = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (BatchNorm.fits(graph, node)) {
                BatchNorm norm = new BatchNorm(graph, node, manager);
                norm.parameters().forEach(this::addParameter);
                norms.put(node.name(), norm);
            } else {
                TrainingOps.of(node.op())
                        .ifPresentOrElse(op -> ops.put(node.name(), op), () -> unknown.add(node.toString()));
            }
        }
        if (!unknown.isEmpty()) {
            throw new GraphException("graph '" + graph.name() + "': cannot be trained: " + told(graph, unknown));
        }
        Trainable.constants(graph)
                .forEach((name, type) -> {
                    if (!ownWeights.contains(name)) {
                        NDArray array = TensorArrays.toArray(manager, graph.constant(name).orElseThrow());
                        weights.put(name, addParameter(parameter(name, type, array, true)));
                    }
                });
    }

    /// Integers, such as the numbers of classes, have no gradient.
    private static void requireFloats(Graph graph) {
        Inferred types = ShapeInference.infer(graph);
        List<String> integers = new ArrayList<>();
        for (ValueInfo output : graph.outputs()) {
            TypeInfo type = types.type(output.name()).orElse(output.type());
            if (type.dtype().isFloating()) {
                return;
            }
            integers.add("'" + output.name() + "' of " + type);
        }
        throw new GraphException(
                "graph '"
                        + graph.name()
                        + "': cannot be trained: expected an output of floats, found only "
                        + integers);
    }

    private static String told(Graph graph, List<String> unknown) {
        String nodes = String.join(", ", unknown.subList(0, Math.min(unknown.size(), TOLD)));
        String more = unknown.size() > TOLD ? " and " + (unknown.size() - TOLD) + " more" : "";
        boolean quantized = graph.nodes().stream().anyMatch(n -> n.op() instanceof DequantizeLinear);
        return nodes + more + (quantized ? " (it is quantized already: train the float one)" : "");
    }

    /// A block of a graph, as for training from scratch.
    ///
    /// @throws GraphException if a node cannot be trained; the message names it
    public static GraphBlock of(Graph graph) {
        Graph unfolded = Trainable.untied(Fusion.unfolded().apply(graph));
        return new GraphBlock(unfolded, TrainingEngine.get().newBaseManager(), Set.of());
    }

    static Parameter parameter(String name, Parameter.Type type, NDArray array, boolean trained) {
        array.setRequiresGradient(trained);
        return Parameter.builder().setName(name).setType(type).optArray(array).optRequiresGrad(trained).build();
    }

    /// A parameter's array under a handle that goes with `scope`, and with it whatever is made of it.
    static NDArray value(ParameterStore store, Parameter parameter, NDManager scope) {
        NDArray array = store.getValue(parameter, scope.getDevice(), true);
        NDArray alias = array.reshape(array.getShape());
        alias.attach(scope);
        return alias;
    }

    /// The graph that is trained, as it was before.
    Graph original() {
        return graph;
    }

    NDManager manager() {
        return manager;
    }

    /// The graph with the weights as they are now.
    public Graph graph() {
        GraphBuilder builder = graph.toBuilder();
        trainedConstants().forEach(builder::constant);
        return builder.build();
    }

    /// The constants that training changes, as they are now.
    Map<String, Tensor> trainedConstants() {
        Map<String, Tensor> constants = new LinkedHashMap<>();
        trainedParameters()
                .forEach((name, parameter) -> constants.put(name, TensorArrays.toTensor(parameter.getArray())));
        return constants;
    }

    /// The parameters that are constants of the graph as they stand, by the names of these.
    Map<String, Parameter> trainedParameters() {
        Map<String, Parameter> all = new LinkedHashMap<>(weights);
        norms.values().forEach(n -> all.putAll(n.constants()));
        return all;
    }

    /// Whether batch normalizations go by their averages in training, too, and leave these alone.
    public void freezeBatchNorm(boolean freeze) {
        norms.values().forEach(n -> n.freeze(freeze));
    }

    /// Whether an output `[samples, classes]` that a Softmax makes is given as the scores that the Softmax reads.
    /// Losses such as DJL's `softmaxCrossEntropyLoss` and [Distillation#loss] take the softmax themselves; that of
    /// probabilities is nearly flat, and hardly trains.
    public void outputScores(boolean enabled) {
        scores = enabled;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store, NDList inputs, boolean training, @Nullable PairList<String, Object> options) {
        if (inputs.size() != graph.inputs().size()) {
            throw new IllegalArgumentException(
                    "inputs: expected " + inputNames + ", found " + inputs.size() + " arrays");
        }
        NDManager owner = inputs.head().getManager();
        try (NDManager scope = owner.newSubManager()) {
            GraphRun run = new GraphRun(store, scope, training);
            graph.constants().forEach((name, tensor) -> run.put(name, new Value.Constant(tensor)));
            weights.forEach((name, parameter) -> run.put(name, new Value.Computed(value(store, parameter, scope))));
            for (int i = 0; i < inputs.size(); i++) {
                NDArray alias = inputs.get(i).reshape(inputs.get(i).getShape());
                alias.attach(scope);
                define(run, inputNames.get(i), new Value.Computed(alias));
            }
            for (Node node : graph.nodes()) {
                try {
                    runNode(run, node);
                } catch (IllegalArgumentException | UnsupportedOperationException e) {
                    throw new IllegalArgumentException(node + ": " + e.getMessage(), e);
                }
            }
            NDList outputs = new NDList();
            for (ValueInfo output : graph.outputs()) {
                NDArray array = result(run, output.name()).array(scope);
                array.attach(owner);
                outputs.add(array);
            }
            return outputs;
        }
    }

    private Value result(GraphRun run, String name) {
        Node producer = scores ? graph.producer(name).orElse(null) : null;
        if (producer != null && producer.op() instanceof Softmax op && !op.log()) {
            NDArray read = operand(run, producer, 0).array(run.scope());
            if (read.getShape().dimension() == 2 && op.axis() != 0 && op.axis() != -2) {
                // A handle of its own, since the scores may be an output themselves.
                return new Value.Computed(read.reshape(read.getShape()));
            }
        }
        return output(run, name);
    }

    private void runNode(GraphRun run, Node node) {
        List<@Nullable Value> results = results(run, node);
        for (int i = 0; i < results.size(); i++) {
            Value result = results.get(i);
            if (result != null && !node.outputs().get(i).isEmpty()) {
                define(run, node.outputs().get(i), result);
            }
        }
    }

    /// What a node computes.
    List<@Nullable Value> results(GraphRun run, Node node) {
        BatchNorm norm = norms.get(node.name());
        if (norm != null) {
            NDArray x = operand(run, node, 0).array(run.scope());
            List<@Nullable Value> results = new ArrayList<>();
            results.add(new Value.Computed(norm.apply(run.store(), x, run.training())));
            return results;
        }
        List<@Nullable Value> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            operands.add(node.has(i) ? operand(run, node, i) : null);
        }
        NodeRun nodeRun = new NodeRun(node, run.scope(), operands);
        TrainingOps.run(nodeRun, Objects.requireNonNull(ops.get(node.name()), node.name()));
        return nodeRun.results();
    }

    /// What a node reads.
    Value operand(GraphRun run, Node node, int index) {
        return run.get(node.input(index));
    }

    /// Called when a value becomes known.
    void define(GraphRun run, String name, Value value) {
        run.put(name, value);
    }

    /// A result of the graph.
    Value output(GraphRun run, String name) {
        return run.get(name);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        try (NDManager scope = manager.newSubManager()) {
            NDList inputs = new NDList();
            for (int i = 0; i < inputShapes.length; i++) {
                inputs.add(scope.zeros(inputShapes[i], TensorArrays.dataType(graph.inputs().get(i).type().dtype())));
            }
            NDList outputs = forwardInternal(new ParameterStore(scope, false), inputs, false, null);
            return outputs.stream().map(NDArray::getShape).toArray(Shape[]::new);
        }
    }

    /// Loads parameters that a block of the same graph has saved.
    @Override
    public void loadParameters(NDManager target, DataInputStream stream) throws IOException, MalformedModelException {
        super.loadParameters(manager, stream);
        getParameters().values().forEach(p -> p.getArray().setRequiresGradient(p.requiresGradient()));
    }
}
