package dev.octet.onnx;

import static dev.octet.onnx.Models.attribute;
import static dev.octet.onnx.Models.integer;
import static dev.octet.onnx.Models.node;
import static dev.octet.onnx.Models.number;
import static dev.octet.onnx.Models.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Composite;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.pass.ExpandComposites;
import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.FunctionProto;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.OperatorSetIdProto;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Functions that a file defines itself.
class LocalFunctionsTest {
    private static FunctionProto.Builder function(String name, int opset, NodeProto.Builder... nodes) {
        FunctionProto.Builder function =
                FunctionProto.newBuilder()
                        .setDomain("mine")
                        .setName(name)
                        .addInput("a")
                        .addOutput("b")
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("mine").setVersion(1));
        List.of(nodes).forEach(function::addNode);
        return function;
    }

    private static NodeProto.Builder call(String name, String input, String output) {
        return node(name, List.of(input), output).setDomain("mine");
    }

    private static ModelProto model(NodeProto.Builder call, FunctionProto.Builder... functions) {
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1, 2, 3))
                        .addInput(value("c", 1))
                        .addOutput(value("y", 1))
                        .addNode(call);
        ModelProto.Builder model =
                Models.model(21, graph).toBuilder()
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("mine").setVersion(1));
        List.of(functions).forEach(model::addFunctions);
        return model.build();
    }

    private static List<Node> expanded(ModelProto model) {
        return new ExpandComposites().apply(Models.read(model)).nodes();
    }

    @Test
    void attributesOfTheCallAndDefaultsArePutIn() {
        NodeProto.Builder leaky =
                node("LeakyRelu", List.of("a"), "b")
                        .addAttribute(attribute("alpha", AttributeType.FLOAT).setRefAttrName("slope"));
        FunctionProto.Builder function = function("leaky", 21, leaky).addAttributeProto(number("slope", 0.25f));

        assertThat(expanded(model(call("leaky", "x", "y"), function)).getFirst().op())
                .isEqualTo(new Unary(UnaryFunction.LEAKY_RELU, 0.25f, 0));
        NodeProto.Builder call = call("leaky", "x", "y").addAttribute(number("slope", 0.5f));
        assertThat(expanded(model(call, function)).getFirst().op())
                .isEqualTo(new Unary(UnaryFunction.LEAKY_RELU, 0.5f, 0));
        assertThat(expanded(model(call("leaky", "x", "y"), function.clearAttributeProto())).getFirst().op())
                .isEqualTo(new Unary(UnaryFunction.LEAKY_RELU, 0.01f, 0));
    }

    @Test
    void functionsCallFunctionsOfTheirOwnOperatorSets() {
        FunctionProto.Builder inner =
                function("old", 12, node("Softmax", List.of("a"), "b").addAttribute(integer("axis", 1)));
        FunctionProto.Builder outer = function("outer", 21, call("old", "a", "s"), node("Relu", List.of("s"), "b"));

        List<Node> nodes = expanded(model(call("outer", "x", "y"), inner, outer));

        // Before version 13 all axes from the given one on were taken together.
        assertThat(nodes.stream().map(Node::op))
                .containsExactly(new Softmax(1, false, true), Unary.of(UnaryFunction.RELU));
        assertThat(nodes.getLast().outputs()).containsExactly("y");
    }

    @Test
    void operandsThatTheCallLeavesOutAreAbsentInside() {
        FunctionProto.Builder function =
                function("clip", 21, node("Clip", List.of("a", "low", "high"), "b")).addInput("low").addInput("high");
        NodeProto.Builder call = node("clip", List.of("x", "", "c"), "y").setDomain("mine");

        Node clip = expanded(model(call, function)).getFirst();

        assertThat(clip.op()).isInstanceOf(Clip.class);
        assertThat(clip.inputs()).containsExactly("x", "", "c");
    }

    @Test
    void aCallStaysOneNodeInTheFile() throws Exception {
        FunctionProto.Builder function = function("f", 21, node("Relu", List.of("a"), "b"));
        Graph graph = Models.read(model(call("f", "x", "y"), function));

        ModelProto written = Models.write(graph);

        assertThat(graph.nodes().getFirst().op()).isInstanceOf(Composite.class);
        assertThat(written.getGraph().getNode(0).getOpType()).isEqualTo("f");
        assertThat(written.getFunctionsList()).containsExactly(function.build());
    }

    @Test
    void refusesCallsThatNeverEndOrDoNotFit() {
        FunctionProto.Builder a = function("a", 21, call("b", "a", "b"));
        FunctionProto.Builder b = function("b", 21, call("a", "a", "b"));
        assertThatThrownBy(() -> Models.read(model(call("a", "x", "y"), a, b)))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("calls itself");

        FunctionProto.Builder one = function("one", 21, node("Relu", List.of("a"), "b"));
        assertThatThrownBy(() ->
                        Models.read(model(node("one", List.of("x", "x"), "y").setDomain("mine").setName("n"), one)))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("one 'n'")
                .hasMessageContaining("expected at most 1 inputs and 1 outputs, found 2 and 1");
    }

    /// Thirty functions, each of which calls the one before twice.
    @Test
    void refusesWhatStandsForTooMuch() {
        FunctionProto.Builder[] functions = new FunctionProto.Builder[30];
        functions[0] = function("f0", 21, node("Relu", List.of("a"), "b"));
        for (int i = 1; i < functions.length; i++) {
            functions[i] = function("f" + i, 21, call("f" + (i - 1), "a", "m"), call("f" + (i - 1), "m", "b"));
        }
        assertThatThrownBy(() -> Models.read(model(call("f29", "x", "y"), functions)))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("more than 1000000 nodes");
    }
}
