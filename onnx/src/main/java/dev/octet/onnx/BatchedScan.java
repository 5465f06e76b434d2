package dev.octet.onnx;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Attributes.IntValue;
import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Pad;
import dev.octet.graph.op.Pad.PadMode;
import dev.octet.graph.op.Scan;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// The first form of Scan, version 8: each operand has a batch axis before the scanned one. That is a scan over the
/// batch whose body is a scan of the newest form. Where samples have lengths of their own (`sequence_lens`), each is
/// cut to its length, and zeros follow what it gave.
final class BatchedScan {
    private final Scan sample;
    private final GraphBuilder builder;

    private BatchedScan(Scan sample) {
        this.sample = sample;
        builder = new GraphBuilder(sample.body().name() + "_batch");
        sample.body().opsets().forEach(builder::opset);
    }

    static FileNode upgrade(FileNode node, GraphContext graph) {
        Attributes.Builder attributes = Attributes.builder();
        node.attributes()
                .asMap()
                .forEach((name, value) ->
                        attributes.put(name.equals("directions") ? "scan_input_directions" : name, value));
        Scan sample = Scan.of(attributes.build());
        boolean ragged = !node.input(0).isEmpty();
        List<String> operands = node.inputs().subList(1, node.inputs().size());
        List<String> scanned = ragged ? node.inputs() : operands;
        int formal = (int) sample.body().inputs().stream().filter(i -> !Captures.isCaptured(i)).count();
        if (operands.size() != formal) {
            throw new OnnxFormatException(
                    "the body has " + formal + " inputs, but the node gives it " + operands.size());
        }
        return node.without("directions")
                .withInputs(scanned.toArray(String[]::new))
                .with("body", new GraphValue(new BatchedScan(sample).batch(operands.size(), ragged)))
                .with("num_scan_inputs", new IntValue(scanned.size()));
    }

    /// The graph that scans one sample; its inputs are the sample's length, if there are such, and the operands.
    private Graph batch(int operands, boolean ragged) {
        List<String> captured = Captures.in(sample.body());
        captured.forEach(builder::freshName);
        String length = ragged ? builder.input(builder.freshName("length"), DType.INT64, PartialShape.of()) : "";
        List<String> inputs = new ArrayList<>();
        for (int i = 0; i < operands; i++) {
            ValueInfo formal = sample.body().inputs().get(i);
            inputs.add(builder.input(builder.freshName(formal.name() + "_batch"), formal.type().dtype(), null));
        }
        sample.body().inputs().stream().filter(Captures::isCaptured).forEach(builder::input);
        int states = operands - sample.scanned();
        List<String> outputs = ragged ? ragged(states, inputs, captured, length) : scan(inputs, captured);
        outputs.forEach(builder::output);
        return builder.build();
    }

    private List<String> scan(List<String> operands, List<String> captured) {
        List<String> inputs = new ArrayList<>(operands);
        inputs.addAll(captured);
        List<String> outputs = new ArrayList<>();
        for (ValueInfo output : sample.body().outputs()) {
            outputs.add(builder.freshName(output.name() + "_batch"));
        }
        builder.add(new Node(builder.freshName("Scan"), sample, inputs, outputs));
        return outputs;
    }

    /// Scans the first `length` places of each scanned operand. They are split off, not sliced, so that a length below
    /// zero or beyond the operand is refused.
    private List<String> ragged(int states, List<String> operands, List<String> captured, String length) {
        String axis = builder.freshConstant("first_axis", Tensor.vector(0));
        String end = builder.add(new Unsqueeze(), length, axis);
        String all = builder.add(new ShapeOf(0, 1L), operands.getLast());
        String missing = builder.add(new Binary(BinaryFunction.SUB), all, end);
        String parts = builder.add(new Concat(0), end, missing);
        List<String> cut = new ArrayList<>(operands);
        cut.subList(states, cut.size()).replaceAll(x -> first(x, parts));
        List<String> outputs = new ArrayList<>(scan(cut, captured));
        String pads = builder.add(new Concat(0), axis, missing);
        outputs.subList(states, outputs.size())
                .replaceAll(y -> builder.add(new Pad(PadMode.CONSTANT), y, pads, "", axis));
        return outputs;
    }

    private String first(String x, String parts) {
        String name = builder.freshName("sequence_lens");
        List<String> outputs = List.of(name, builder.freshName("rest"));
        builder.add(new Node(name, new Split(0, 0), List.of(x, parts), outputs));
        return name;
    }
}
