package dev.octet.graph.layer;

import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.op.Op;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Writes nodes of layers, and the weights that they ask for by PyTorch's names.
///
/// @param tensors FLOAT32
record LayerWriter(GraphBuilder builder, Map<String, Tensor> tensors) {
    LayerWriter {
        tensors = Map.copyOf(tensors);
    }

    boolean has(String name) {
        return tensors.containsKey(name);
    }

    /// @param rank number of axes that it must have; -1 for any
    Tensor tensor(String name, int rank) {
        Tensor tensor = tensors.get(name);
        String wanted = rank < 0 ? "FLOAT32" : "FLOAT32 of rank " + rank;
        if (tensor == null) {
            throw new IllegalArgumentException("state: '" + name + "': expected " + wanted + ", found nothing");
        }
        if (tensor.dtype() != DType.FLOAT32 || rank >= 0 && tensor.shape().rank() != rank) {
            throw new IllegalArgumentException("state: '" + name + "': expected " + wanted + ", found " + tensor);
        }
        return tensor;
    }

    /// Adds the tensor as a constant and returns its name.
    String required(String name, int rank) {
        return builder.constant(name, tensor(name, rank));
    }

    /// Likewise; the empty string if the state has no such tensor.
    String constant(String name, int rank) {
        return has(name) ? required(name, rank) : "";
    }

    /// Likewise; a vector of one number if the state has no such tensor.
    String constantOr(String name, long count, float otherwise) {
        if (has(name)) {
            return required(name, 1);
        }
        Tensor filled = Tensor.allocate(DType.FLOAT32, Shape.of(count));
        for (long i = 0; i < count; i++) {
            filled.setFloat(i, otherwise);
        }
        return builder.constant(name, filled);
    }

    String ints(String scope, long... values) {
        return builder.freshConstant(scope + ".ints", Tensor.vector(values));
    }

    /// Adds a node with one result, and returns the latter's name.
    String add(String name, Op op, String... operands) {
        return addAll(name, op, 1, List.of(operands)).getFirst();
    }

    List<String> addAll(String name, Op op, int results, List<String> operands) {
        List<String> outputs = new ArrayList<>();
        for (int i = 0; i < results; i++) {
            outputs.add(builder.freshName(name + "_output"));
        }
        builder.add(new Node(name, op, operands, outputs));
        return outputs;
    }
}
