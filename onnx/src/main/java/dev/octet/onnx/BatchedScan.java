package dev.octet.onnx;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Attributes.IntValue;
import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Scan;
import java.util.ArrayList;
import java.util.List;

/// The first form of Scan, version 8: each operand has a batch axis before the scanned one. That is a scan over the
/// batch whose body is a scan of the newest form.
final class BatchedScan {
    private BatchedScan() {}

    /// The newest form; Octet does not know samples of different lengths (`sequence_lens`), so such a node stays as it
    /// is.
    static FileNode upgrade(FileNode node, GraphContext graph) {
        if (!node.input(0).isEmpty()) {
            return node.withOp(new Opaque(node.domain(), node.type(), node.attributes()));
        }
        Attributes.Builder attributes = Attributes.builder();
        node.attributes()
                .asMap()
                .forEach((name, value) ->
                        attributes.put(name.equals("directions") ? "scan_input_directions" : name, value));
        Scan sample = Scan.of(attributes.build());
        int operands = node.inputs().size() - 1;
        return node.without("directions")
                .withInputs(node.inputs().subList(1, node.inputs().size()).toArray(String[]::new))
                .with("body", new GraphValue(batch(sample, operands)))
                .with("num_scan_inputs", new IntValue(operands));
    }

    /// The graph that scans one sample.
    private static Graph batch(Scan sample, int operands) {
        GraphBuilder builder = new GraphBuilder(sample.body().name() + "_batch");
        sample.body().opsets().forEach(builder::opset);
        List<String> captured = Captures.in(sample.body());
        captured.forEach(builder::freshName);
        List<String> inputs = new ArrayList<>();
        for (int i = 0; i < operands; i++) {
            ValueInfo formal = sample.body().inputs().get(i);
            inputs.add(builder.input(builder.freshName(formal.name() + "_batch"), formal.type().dtype(), null));
        }
        List<ValueInfo> outer = sample.body().inputs().stream().filter(Captures::isCaptured).toList();
        outer.forEach(builder::input);
        inputs.addAll(captured);
        List<String> outputs = new ArrayList<>();
        for (ValueInfo output : sample.body().outputs()) {
            outputs.add(builder.freshName(output.name() + "_batch"));
        }
        builder.add(new Node(builder.freshName("Scan"), sample, inputs, outputs));
        outputs.forEach(builder::output);
        return builder.build();
    }
}
