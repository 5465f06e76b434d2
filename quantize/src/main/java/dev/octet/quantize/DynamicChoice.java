package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Composite;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Rnn;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.pass.Inferred;
import dev.octet.quantize.spec.DynamicActivations;
import dev.octet.quantize.spec.DynamicForm;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Decides which nodes of a graph are quantized dynamically.
final class DynamicChoice {
    private final Graph graph;
    private final Inferred inferred;
    private final DynamicSpec dynamic;
    private final QuantizationSpec spec;

    DynamicChoice(Graph graph, Inferred inferred, DynamicSpec dynamic) {
        this.graph = graph;
        this.inferred = inferred;
        this.dynamic = dynamic;
        spec = dynamic.spec();
    }

    /// Whether a node is an Attention that is not taken apart, since ONNX Runtime has an operator for it in integers.
    static boolean isOperator(Node node, Graph graph, DynamicSpec dynamic) {
        return dynamic.form() == DynamicForm.ONNX_RUNTIME
                && dynamic.spec().operators().contains("Attention")
                && DynamicLayers.isAttention(node, graph);
    }

    /// Why a node stays in float, as one clause; empty if it is quantized.
    ///
    /// @param passesOn whether the node's first operand is there in integers already
    String refusal(Node node, boolean passesOn) {
        String type = node.op().type();
        if (!spec.operators().contains(type)) {
            return "the specification does not quantize " + type;
        }
        if (!spec.config(node).quantize()) {
            return "excluded by the specification";
        }
        return switch (node.op()) {
            case MatMul _ -> ofProduct(node);
            case Gemm gemm -> ofGemm(node, gemm);
            case Conv _ ->
                    dynamic.activations() == DynamicActivations.FLOAT
                            ? "only products are stored in FLOAT16"
                            : first(ofActivation(node.input(0)), ofConstant(node.input(1), "its weights are"));
            case Lstm _, Gru _, Rnn _ -> first(ofActivation(node.input(0)), ofRecurrence(node));
            case Gather gather -> ofTable(node, gather);
            case Transpose _ -> passesOn ? "" : "nothing before it has quantized its operand";
            case Composite _ ->
                    DynamicLayers.isAttention(node, graph)
                            ? ofActivation(node.input(0))
                            : "there is no such operator in integers";
            default -> "there is no such operator in integers";
        };
    }

    /// What of a node that is quantized is in integers, as one clause.
    String form(Node node) {
        return switch (node.op()) {
            case Gather _ -> "reads a table in " + spec.weight(node).scheme().dtype().bits() + " bits";
            case Transpose _ -> "passes quantized values on";
            default ->
                    dynamic.activations() == DynamicActivations.FLOAT
                            ? "its weights are stored in FLOAT16"
                            : "multiplies activations that are quantized at run time";
        };
    }

    private static String first(String... refusals) {
        for (String refusal : refusals) {
            if (!refusal.isEmpty()) {
                return refusal;
            }
        }
        return "";
    }

    private String ofActivation(String value) {
        TypeInfo type = inferred.types().get(value);
        if (graph.constant(value).isPresent()) {
            return "its operand '" + value + "' is constant";
        }
        return type == null || type.dtype() != DType.FLOAT32
                ? "its operand '" + value + "' is not known to be FLOAT32"
                : "";
    }

    /// @param what such as "its weights are"
    private String ofConstant(String value, String what) {
        return constant(value) == null ? what + " not constant FLOAT32" : "";
    }

    private @Nullable Tensor constant(String value) {
        Tensor tensor = graph.constants().get(value);
        return tensor != null && tensor.dtype() == DType.FLOAT32 ? tensor : null;
    }

    private boolean isMatrix(String value) {
        Tensor tensor = constant(value);
        return tensor != null && tensor.shape().rank() == 2;
    }

    private String ofProduct(Node node) {
        if (dynamic.activationProducts() && graph.constant(node.input(1)).isEmpty()) {
            return first(ofActivation(node.input(0)), ofActivation(node.input(1)));
        }
        Tensor weights = constant(node.input(1));
        return first(
                ofActivation(node.input(0)),
                ofConstant(node.input(1), "its weights are"),
                weights != null && weights.shape().rank() < 2 ? "its weights are not a matrix" : "");
    }

    private String ofGemm(Node node, Gemm gemm) {
        if (dynamic.form() == DynamicForm.ONNX_RUNTIME && (gemm.alpha() != 1 || gemm.beta() != 1)) {
            return "it multiplies by alpha or beta";
        }
        if (gemm.transA()) {
            return "it transposes its activations";
        }
        return first(
                ofActivation(node.input(0)),
                isMatrix(node.input(1)) ? "" : "its weights are not constant FLOAT32",
                gemm.beta() != 1 && node.has(2) ? ofConstant(node.input(2), "its bias is") : "");
    }

    private String ofRecurrence(Node node) {
        return dynamic.form() == DynamicForm.ONNX_RUNTIME
                ? DynamicLayers.refusal(node, graph.constants())
                : DynamicRecurrence.refusal(node, graph.constants());
    }

    private String ofTable(Node node, Gather gather) {
        Tensor table = constant(node.input(0));
        if (table == null) {
            return "its table is not constant FLOAT32";
        }
        boolean rows = spec.weight(node).observer().perChannel();
        return rows && (gather.axis() != 0 || table.shape().rank() != 2)
                ? "what it reads are not rows of a matrix"
                : "";
    }
}
