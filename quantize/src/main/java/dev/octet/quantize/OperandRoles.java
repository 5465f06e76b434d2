package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.ArgReduce;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.GatherElements;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.InstanceNormalization;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Pad;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.Resize;
import dev.octet.graph.op.TopK;
import dev.octet.graph.op.Where;
import dev.octet.graph.pass.Inferred;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.Unit.Kind;
import dev.octet.quantize.Unit.Roles;
import dev.octet.quantize.Unit.Weight;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.Placement;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Finds out what the operands of a node are to quantization, or why it has to stay in float.
final class OperandRoles {
    /// A constant summand is quantized if it keeps this much in 8 bits, in decibels: about what a normal distribution
    /// keeps. A single number always does.
    private static final double MIN_SUMMAND_SQNR = 35;

    /// A constant factor is quantized if no element is off by more than this part of itself, since each scales a
    /// channel of its own.
    private static final double MAX_FACTOR_ERROR = 0.03;

    /// A table below it saves too little to lose anything for.
    private static final long MIN_TABLE_ELEMENTS = 4096;

    private final Graph graph;
    private final Inferred inferred;
    private final QuantizationSpec spec;

    OperandRoles(Graph graph, Inferred inferred, QuantizationSpec spec) {
        this.graph = graph;
        this.inferred = inferred;
        this.spec = spec;
    }

    /// Why a node stays in float; never leaves this package.
    static final class Refusal extends Exception {
        private static final long serialVersionUID = 1;

        private final String reason;

        Refusal(String reason) {
            super(reason, null, false, false);
            this.reason = reason;
        }

        String reason() {
            return reason;
        }
    }

    Roles of(Node node) throws Refusal {
        String type = node.op().type();
        if (!spec.config(node).quantize()) {
            throw new Refusal("excluded by the specification");
        }
        if (spec.activation(node).observer() instanceof ObserverSpec.Placeholder
                || (spec.weight(node).observer() instanceof ObserverSpec.Placeholder && hasWeights(node))) {
            throw new Refusal("the specification observes nothing of it");
        }
        boolean lookup = isSelection(node) && graph.constant(node.input(0)).isPresent();
        boolean sharing = spec.sharing().contains(type) && !lookup;
        if (!sharing && !spec.operators().contains(type)) {
            throw new Refusal("the specification does not quantize " + type);
        }
        if (!everywhere() || !(node.op() instanceof TopK || node.op() instanceof ArgReduce)) {
            for (String output : node.outputs()) {
                if (!output.isEmpty()) {
                    requireFloat(output);
                }
            }
        }
        Roles roles = sharing ? sharing(node) : ofOperator(node);
        for (String activation : roles.activations()) {
            requireFloat(activation);
        }
        return roles;
    }

    /// Whether it multiplies by constants, which would have to be rounded.
    private boolean hasWeights(Node node) {
        return switch (node.op()) {
            case Conv _, ConvTranspose _, Gemm _, MatMul _ ->
                    node.inputs().stream().anyMatch(i -> graph.constant(i).isPresent());
            default -> false;
        };
    }

    private static boolean isSelection(Node node) {
        return node.op() instanceof Gather || node.op() instanceof GatherElements;
    }

    /// Whether the rules are those of ONNX Runtime's tool.
    private boolean everywhere() {
        return spec.placement() == Placement.EVERYWHERE;
    }

    private Roles ofOperator(Node node) throws Refusal {
        return everywhere() ? ofOperatorEverywhere(node) : ofOperatorBetween(node);
    }

    private boolean mayInterpolate() {
        return everywhere() || spec.placement() == Placement.FX;
    }

    /// Constants of normalizations are weights and biases there, those of what selects are values as any.
    private Roles ofOperatorEverywhere(Node node) throws Refusal {
        return switch (node.op()) {
            case LayerNormalization _, InstanceNormalization _, BatchNormalization _ ->
                    new Roles(
                            Kind.ELEMENTWISE,
                            List.of(variable(node.input(0))),
                            new Weight(constantFloat(node.input(1), "its weights"), -1),
                            node.has(2) ? constantFloat(node.input(2), "its bias") : "",
                            List.of());
            case Gather _, GatherElements _ ->
                    new Roles(Kind.SHARING, List.of(), null, "", List.of(constantFloat(node.input(0), "its table")));
            case Where _ -> Roles.of(Kind.ELEMENTWISE, List.of(variable(node.input(1)), variable(node.input(2))));
            default -> ofOperatorBetween(node);
        };
    }

    private Roles ofOperatorBetween(Node node) throws Refusal {
        return switch (node.op()) {
            case Conv _ -> withWeights(node, 0);
            case ConvTranspose op -> withWeights(node, op.group() == 1 ? 1 : -1);
            case Gemm op -> gemm(node, op);
            case MatMul _ -> matMul(node);
            case Binary op -> binary(node, op);
            case Concat _ -> Roles.of(Kind.ELEMENTWISE, concatParts(node));
            case Gather op -> lookup(node, op);
            default -> Roles.of(Kind.ELEMENTWISE, List.of(variable(node.input(0))));
        };
    }

    private Roles withWeights(Node node, int channelAxis) throws Refusal {
        Weight weight = new Weight(constantFloat(node.input(1), "its weights"), channelAxis);
        String bias = node.has(2) ? constantFloat(node.input(2), "its bias") : "";
        return new Roles(Kind.COMPUTE, List.of(variable(node.input(0))), weight, bias, List.of());
    }

    private Roles gemm(Node node, Gemm op) throws Refusal {
        Roles roles = withWeights(node, op.transB() ? 0 : 1);
        Tensor weights = graph.constant(node.input(1)).orElseThrow();
        if (!roles.bias().isEmpty()) {
            Tensor bias = graph.constant(roles.bias()).orElseThrow();
            long columns = weights.shape().dim(op.transB() ? 0 : 1);
            long count = bias.elementCount();
            boolean isRow = count == 1 || (count == columns && bias.shape().dim(-1) == columns);
            if (!isRow) {
                throw new Refusal("its bias is not one number per column");
            }
        }
        return roles;
    }

    private Roles matMul(Node node) throws Refusal {
        Optional<Tensor> a = graph.constant(node.input(0));
        Optional<Tensor> b = graph.constant(node.input(1));
        if (a.isEmpty() && b.isEmpty()) {
            return Roles.of(Kind.COMPUTE, List.of(node.input(0), node.input(1)));
        }
        if (a.isPresent() && b.isPresent()) {
            throw new Refusal("both operands are constant");
        }
        int position = a.isPresent() ? 0 : 1;
        String value = constantFloat(node.input(position), "its weights");
        int rank = graph.constant(value).orElseThrow().shape().rank();
        if (rank < 2) {
            throw new Refusal("its weights are not a matrix");
        }
        // Columns have a scale each in a plain matrix; the rows of a left operand or a batch would mix.
        int channelAxis = position == 1 && rank == 2 ? 1 : -1;
        return new Roles(
                Kind.COMPUTE, List.of(node.input(1 - position)), new Weight(value, channelAxis), "", List.of());
    }

    /// Rows have a scale each if the specification's weights have one per channel: lengths of word vectors differ much.
    private Roles lookup(Node node, Gather op) throws Refusal {
        String table = constantFloat(node.input(0), "its table");
        Tensor values = graph.constant(table).orElseThrow();
        QuantScheme scheme = spec.weight(node).scheme();
        if (values.shape().rank() < 2 || op.axis() != 0 || values.elementCount() < MIN_TABLE_ELEMENTS) {
            throw new Refusal("what it reads is no table of vectors, or a small one");
        }
        if (scheme.dtype().bits() != Byte.SIZE) {
            throw new Refusal("tables are stored in 8 bits, not as " + scheme.dtype());
        }
        boolean perRow = scheme.symmetric() && scheme.dtype().isSigned();
        return new Roles(Kind.LOOKUP, List.of(), new Weight(table, perRow ? 0 : -1), "", List.of());
    }

    private Roles binary(Node node, Binary op) throws Refusal {
        if (op.function() == BinaryFunction.PRELU) {
            return new Roles(
                    Kind.ELEMENTWISE,
                    List.of(variable(node.input(0))),
                    new Weight(constantFloat(node.input(1), "its weights"), -1),
                    "",
                    List.of());
        }
        if (spec.placement() == Placement.FX && node.inputs().stream().anyMatch(this::isNumber)) {
            // In PyTorch a number is no tensor, and the result has the parameters of the other operand.
            return Roles.of(Kind.SHARING, List.of(variable(node.input(isNumber(node.input(0)) ? 1 : 0))));
        }
        List<String> activations = new ArrayList<>();
        List<String> constants = new ArrayList<>();
        for (String operand : node.inputs()) {
            if (graph.constant(operand).isEmpty()) {
                activations.add(operand);
            } else {
                constants.add(constantFloat(operand, "operand '" + operand + "'"));
                if (spec.placement() == Placement.BETWEEN) {
                    requireExactEnough(operand, op.function() == BinaryFunction.MUL);
                }
            }
        }
        return new Roles(Kind.ELEMENTWISE, activations, null, "", constants);
    }

    private boolean isNumber(String value) {
        return graph.constant(value).filter(c -> c.shape().rank() == 0).isPresent();
    }

    private void requireExactEnough(String constant, boolean factor) throws Refusal {
        Tensor values = graph.constant(constant).orElseThrow();
        Tensor stored;
        try {
            stored = QuantizedConstant.ofOperand(constant, values, spec).dequantized();
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new Refusal("constant '" + constant + "' cannot be quantized: " + e.getMessage());
        }
        double sqnr = Fidelity.of(values, stored).sqnr();
        double error = factor ? largestRelativeError(values, stored) : 0;
        if (sqnr < MIN_SUMMAND_SQNR || error > MAX_FACTOR_ERROR) {
            throw new Refusal(
                    "constant '"
                            + constant
                            + "' would be too coarse in 8 bits: "
                            + (factor ? "off by " + Math.round(error * 100) + " %" : Math.round(sqnr) + " dB"));
        }
    }

    private static double largestRelativeError(Tensor values, Tensor stored) {
        double largest = 0;
        for (long i = 0; i < values.elementCount(); i++) {
            double error = Math.abs(values.getDouble(i) - stored.getDouble(i));
            largest = error == 0 ? largest : Math.max(largest, error / Math.abs(values.getDouble(i)));
        }
        return largest;
    }

    private Roles sharing(Node node) throws Refusal {
        switch (node.op()) {
            case Concat _ -> {
                return Roles.of(Kind.SHARING, concatParts(node));
            }
            case Resize op when op.mode() != Resize.ResizeMode.NEAREST && !mayInterpolate() ->
                    throw new Refusal("it interpolates");
            case Pool _ when node.outputs().size() > 1 && !node.outputs().get(1).isEmpty() ->
                    throw new Refusal("it gives indices, too");
            case Pad op when everywhere() -> {
                return padding(node, op);
            }
            case Pad op when op.mode() == Pad.PadMode.CONSTANT && !padsWithZero(node) ->
                    throw new Refusal("it pads with a value that may be out of range");
            default -> {
                return Roles.of(Kind.SHARING, List.of(variable(node.input(0))));
            }
        }
    }

    /// With other numbers than zero its output has a range of its own; the number is quantized, too.
    private Roles padding(Node node, Pad op) throws Refusal {
        boolean shares = op.mode() != Pad.PadMode.CONSTANT || padsWithZero(node);
        return new Roles(
                shares ? Kind.SHARING : Kind.ELEMENTWISE,
                List.of(variable(node.input(0))),
                null,
                "",
                node.has(2) ? List.of(constantFloat(node.input(2), "what it pads with")) : List.of());
    }

    private boolean padsWithZero(Node node) {
        Tensor value = node.has(2) ? graph.constants().get(node.input(2)) : null;
        return !node.has(2) || (value != null && value.elementCount() == 1 && value.getDouble(0) == 0);
    }

    private List<String> concatParts(Node node) throws Refusal {
        for (String part : node.inputs()) {
            variable(part);
        }
        return node.inputs();
    }

    private String variable(String value) throws Refusal {
        if (graph.constant(value).isPresent()) {
            throw new Refusal("operand '" + value + "' is constant");
        }
        return value;
    }

    private String constantFloat(String value, String what) throws Refusal {
        Tensor constant = graph.constants().get(value);
        if (constant == null) {
            throw new Refusal(what + (what.startsWith("its weights") ? " are" : " is") + " not constant");
        }
        if (constant.dtype() != DType.FLOAT32) {
            throw new Refusal(what + ": expected FLOAT32, found " + constant.dtype());
        }
        return value;
    }

    private void requireFloat(String value) throws Refusal {
        TypeInfo type = inferred.types().get(value);
        if (type == null || type.dtype() != DType.FLOAT32) {
            throw new Refusal("'" + value + "' is " + (type == null ? "of unknown type" : type.dtype().toString()));
        }
    }
}
