package dev.octet.onnx;

import static dev.octet.onnx.Models.model;
import static dev.octet.onnx.Models.node;
import static dev.octet.onnx.Models.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.If;
import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Values of the enclosing graph that a subgraph reads are inputs of both while the model is a [Graph].
class SubgraphTest {
    private static GraphProto branch(String name, NodeProto.Builder... nodes) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName(name);
        for (NodeProto.Builder node : nodes) {
            graph.addNode(node.setName(name + graph.getNodeCount()));
        }
        return graph.addOutput(value(nodes[nodes.length - 1].getOutput(0), 1)).build();
    }

    private static NodeProto.Builder choice(String output, GraphProto then, GraphProto otherwise) {
        return node("If", List.of("cond"), output)
                .setName(output + "_if")
                .addAttribute(Models.attribute("then_branch", AttributeType.GRAPH).setG(then))
                .addAttribute(Models.attribute("else_branch", AttributeType.GRAPH).setG(otherwise));
    }

    private static ModelProto nested() {
        GraphProto inner = branch("inner", node("Add", List.of("a", "x"), "i"));
        GraphProto then = branch("then", choice("t", inner, branch("other", node("Relu", List.of("b"), "o"))));
        GraphProto otherwise = branch("else", node("Neg", List.of("b"), "e"));
        return model(
                13,
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1, 2))
                        .addInput(value("cond", 9))
                        .addNode(node("Relu", List.of("x"), "a").setName("na"))
                        .addNode(node("Neg", List.of("x"), "b").setName("nb"))
                        .addNode(choice("y", then, otherwise))
                        .addOutput(value("y", 1)));
    }

    @Test
    void capturedValuesAreInputsOfTheNode() {
        Node node = Models.read(nested()).nodes().get(2);
        assertThat(node.op()).isInstanceOf(If.class);
        assertThat(node.inputs()).containsExactly("cond", "cond", "a", "x", "b");
        Graph otherwise = node.op().attributes().getGraph("else_branch").orElseThrow();
        assertThat(otherwise.inputs()).extracting(ValueInfo::name).containsExactly("b");
        Graph then = node.op().attributes().getGraph("then_branch").orElseThrow();
        assertThat(then.inputs()).extracting(ValueInfo::name).containsExactly("cond", "a", "x", "b");
    }

    @Test
    void writingUndoesIt() throws Exception {
        GraphProto written = Models.write(Models.read(nested())).getGraph();
        assertThat(written.getNodeList()).isEqualTo(nested().getGraph().getNodeList());
    }

    @Test
    void aRenamedOuterValueReachesTheSubgraph() throws Exception {
        Graph graph = Models.read(nested());
        List<Node> nodes =
                graph.nodes().stream()
                        .map(n ->
                                n.withInputs(n.inputs().stream().map(i -> i.equals("b") ? "b2" : i).toList())
                                        .withOutputs(n.outputs().stream().map(o -> o.equals("b") ? "b2" : o).toList()))
                        .toList();
        GraphBuilder renamed = graph.toBuilder().nodes(nodes);
        GraphProto otherwise = Models.write(renamed.build()).getGraph().getNode(2).getAttribute(1).getG();
        assertThat(otherwise.getInputList()).isEmpty();
        assertThat(otherwise.getNode(0).getOpType()).isEqualTo("Identity");
        assertThat(otherwise.getNode(0).getInput(0)).isEqualTo("b2");
        assertThat(otherwise.getNode(0).getOutput(0)).isEqualTo("b");
    }
}
