package dev.octet.conformance.oracle;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Inference;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Builds the graph of an [OracleCase], with the tensors to run it on.
final class CaseBuilder {
    /// Newest operator set that ONNX Runtime 1.26 knows for all operators here.
    private static final int NEWEST = 23;

    private static final List<Integer> OPSETS =
            List.of(7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, NEWEST);

    private final Generator g;
    private final int opset;
    private final GraphBuilder builder = new GraphBuilder("case");
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final Map<String, Tensor> values = new LinkedHashMap<>();
    private final Map<String, TypeInfo> types = new LinkedHashMap<>();

    /// A graph of an operator set drawn from those that ONNX Runtime knows.
    ///
    /// @param oldest the oldest operator set in which what is to be built can be said
    CaseBuilder(Generator g, int oldest) {
        this(g, oldest, NEWEST);
    }

    CaseBuilder(Generator g, int oldest, int newest) {
        this.g = g;
        this.opset = g.oneOf(OPSETS.stream().filter(v -> v >= oldest && v <= newest).toList());
        builder.opset("", Math.max(opset, OldOpsets.OLDEST_WRITTEN));
    }

    int opset() {
        return opset;
    }

    /// A value given when the graph runs, some of its extents left open.
    String input(Tensor tensor) {
        String name = builder.freshName("x");
        PartialShape shape = PartialShape.of(tensor.shape());
        if (g.integer(0, 2) == 0) {
            for (int axis = 0; axis < shape.rank(); axis++) {
                if (g.flip()) {
                    shape = shape.with(axis, Dim.symbol("d" + axis));
                }
            }
        }
        builder.input(name, tensor.dtype(), shape);
        types.put(name, TypeInfo.of(tensor));
        inputs.put(name, tensor);
        values.put(name, tensor);
        return name;
    }

    String constant(Tensor tensor) {
        String name = builder.freshConstant("c", tensor);
        types.put(name, TypeInfo.of(tensor));
        values.put(name, tensor);
        return name;
    }

    /// A constant most of the time: weights, biases.
    String weights(Tensor tensor) {
        return g.integer(0, 3) > 0 ? constant(tensor) : input(tensor);
    }

    /// An input or a constant.
    String operand(Tensor tensor) {
        return g.flip() ? constant(tensor) : input(tensor);
    }

    /// A node with one output.
    String add(Op op, String... operands) {
        return add(op, 1, operands).getFirst();
    }

    List<String> add(Op op, int outputCount, String... operands) {
        String name = builder.freshName(op.type());
        List<String> outputs = IntStream.range(0, outputCount).mapToObj(i -> builder.freshName("y")).toList();
        if (!op.domain().isEmpty()) {
            builder.opset(op.domain(), 1);
        }
        builder.add(new Node(name, op, List.of(operands), outputs));
        infer(op, operands, outputs);
        return outputs;
    }

    /// A node in the form that an older operator set has; only what is read from the file can run.
    List<String> addOld(String type, Attributes attributes, List<DType> outputTypes, String... operands) {
        return addUnread(new Opaque("", type, attributes), outputTypes, operands);
    }

    /// A node that only the reader of files makes into one of the operators.
    List<String> addUnread(Opaque op, List<DType> outputTypes, String... operands) {
        List<String> outputs = outputTypes.stream().map(_ -> builder.freshName("y")).toList();
        if (!op.domain().isEmpty()) {
            builder.opset(op.domain(), 1);
        }
        builder.add(new Node(builder.freshName(op.type()), op, List.of(operands), outputs));
        for (int i = 0; i < outputs.size(); i++) {
            types.put(outputs.get(i), new TypeInfo(outputTypes.get(i), null));
        }
        return outputs;
    }

    private void infer(Op op, String[] operands, List<String> outputs) {
        List<@Nullable TypeInfo> operandTypes = new ArrayList<>();
        List<@Nullable Tensor> operandValues = new ArrayList<>();
        for (String operand : operands) {
            operandTypes.add(types.get(operand));
            operandValues.add(values.get(operand));
        }
        Inference inference = new Inference(operandTypes, operandValues, outputs.size(), ShapeInference::subgraph);
        op.infer(inference);
        for (int i = 0; i < outputs.size(); i++) {
            types.put(outputs.get(i), Objects.requireNonNull(inference.outputs().get(i)));
        }
    }

    /// Element type and shape of a value, as the type rule of its node finds them.
    TypeInfo type(String value) {
        return Objects.requireNonNull(types.get(value));
    }

    OracleCase build(Tolerance tolerance, String... outputs) {
        return build(tolerance, List.of(outputs));
    }

    OracleCase build(Tolerance tolerance, List<String> outputs) {
        for (String output : outputs) {
            builder.output(new ValueInfo(output, new TypeInfo(type(output).dtype(), null)));
        }
        return new OracleCase(builder.build(), opset, Map.copyOf(inputs), tolerance);
    }
}
