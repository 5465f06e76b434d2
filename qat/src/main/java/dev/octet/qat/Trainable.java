package dev.octet.qat;

import ai.djl.nn.Parameter;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.InstanceNormalization;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Rnn;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which constants of a graph are weights, that training changes, and not numbers of a formula.
final class Trainable {
    /// Passes keep one copy of equal constants up to this size, which training has to tell apart.
    private static final long SMALL_BYTES = 4096;

    private Trainable() {}

    /// The trainable constants by name, in the order in which nodes read them; without those of batch normalizations,
    /// which see to theirs.
    static Map<String, Parameter.Type> constants(Graph graph) {
        Map<String, Parameter.Type> types = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            if (!(node.op() instanceof BatchNormalization)) {
                operands(graph, node).forEach((i, type) -> types.putIfAbsent(node.input(i), type));
            }
        }
        return types;
    }

    /// What the trainable operands of a node are, by position.
    private static Map<Integer, Parameter.Type> operands(Graph graph, Node node) {
        Map<Integer, Parameter.Type> types = new LinkedHashMap<>();
        switch (node.op()) {
            case Conv _, ConvTranspose _, Gemm _ -> {
                types.put(1, Parameter.Type.WEIGHT);
                types.put(2, Parameter.Type.BIAS);
            }
            case MatMul _ -> {
                types.put(0, Parameter.Type.WEIGHT);
                types.put(1, Parameter.Type.WEIGHT);
            }
            case Lstm _, Gru _, Rnn _ -> {
                types.put(1, Parameter.Type.WEIGHT);
                types.put(2, Parameter.Type.WEIGHT);
                types.put(3, Parameter.Type.BIAS);
            }
            case LayerNormalization _, InstanceNormalization _ -> {
                types.put(1, Parameter.Type.GAMMA);
                types.put(2, Parameter.Type.BETA);
            }
            case BatchNormalization _ -> {
                types.put(1, Parameter.Type.GAMMA);
                types.put(2, Parameter.Type.BETA);
                types.put(3, Parameter.Type.RUNNING_MEAN);
                types.put(4, Parameter.Type.RUNNING_VAR);
            }
            case Gather _ -> types.put(0, Parameter.Type.WEIGHT);
            case Binary op when isArithmetic(op.function()) -> {
                types.put(0, Parameter.Type.BIAS);
                types.put(1, Parameter.Type.BIAS);
            }
            default -> {}
        }
        types.keySet().removeIf(i -> !isWeight(graph, node, i));
        return types;
    }

    private static boolean isArithmetic(BinaryFunction function) {
        return switch (function) {
            case ADD, SUB, MUL, DIV, PRELU -> true;
            default -> false;
        };
    }

    /// A single number is part of a formula, unless it is the slope of a PRelu.
    private static boolean isWeight(Graph graph, Node node, int operand) {
        Tensor constant = graph.constants().get(node.input(operand));
        boolean formula =
                node.op() instanceof Binary op
                        && op.function() != BinaryFunction.PRELU
                        && constant != null
                        && constant.elementCount() == 1;
        return constant != null && constant.dtype() == DType.FLOAT32 && !formula;
    }

    /// The graph with a constant of its own for each small weight that several nodes read.
    static Graph untied(Graph graph) {
        GraphBuilder builder = graph.toBuilder();
        Set<String> taken = new HashSet<>();
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            List<String> inputs = new ArrayList<>(node.inputs());
            for (int operand : operands(graph, node).keySet()) {
                String name = inputs.get(operand);
                Tensor constant = graph.constant(name).orElseThrow();
                if (!taken.add(name) && constant.byteSize() <= SMALL_BYTES) {
                    inputs.set(operand, builder.freshConstant(name, constant));
                }
            }
            nodes.add(node.withInputs(inputs));
        }
        return builder.nodes(nodes).build();
    }
}
