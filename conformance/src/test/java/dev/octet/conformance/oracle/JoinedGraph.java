package dev.octet.conformance.oracle;

import dev.octet.conformance.oracle.Piece.Link;
import dev.octet.conformance.oracle.Piece.Step;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Tile;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The graph that pieces make, with the inputs to run it on and what of its outputs hangs on what.
///
/// Every quantized value is an output, a *checkpoint*: where two runtimes round it differently, what follows is
/// computed from other operands. Values between checkpoints are hidden, so that passes may fuse them away.
final class JoinedGraph {
    /// Differences to be simulated where runtimes may differ: added to every piece's result that is not exact.
    ///
    /// @param plain all values without them; quantized values keep these
    record Noise(Generator g, Map<String, Tensor> plain) {}

    private final List<Piece> pieces;
    private final @Nullable Noise noise;
    private final GraphBuilder builder = new GraphBuilder("joined");
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final List<Set<String>> checkpointsOfPiece = new ArrayList<>();
    private final Map<String, Output> outputs = new LinkedHashMap<>();
    private final Graph graph;

    /// An output of the whole graph.
    ///
    /// @param piece index of the piece that computes it
    /// @param quantizer the quantizer that made it, null for a piece's own result
    /// @param before the value that was quantized, or this one
    /// @param checkpoints those that it is computed from
    record Output(String name, int piece, @Nullable Step quantizer, String before, Set<String> checkpoints) {}

    JoinedGraph(List<Piece> pieces) {
        this(pieces, null);
    }

    JoinedGraph(List<Piece> pieces, @Nullable Noise noise) {
        this.pieces = pieces;
        this.noise = noise;
        int newest = pieces.stream().mapToInt(p -> p.drawn().opset()).max().orElseThrow();
        builder.opset("", Math.max(OldOpsets.OLDEST_WRITTEN, newest));
        for (int i = 0; i < pieces.size(); i++) {
            addPiece(i);
        }
        addOutputs();
        graph = builder.build();
    }

    Graph graph() {
        return graph;
    }

    Map<String, Tensor> inputs() {
        return inputs;
    }

    Map<String, Output> outputs() {
        return outputs;
    }

    /// That of the operator which computes an output.
    Tolerance tolerance(Output output) {
        return pieces.get(output.piece()).drawn().tolerance();
    }

    static String name(int piece, String value) {
        return value.isEmpty() ? "" : "p" + piece + "_" + value;
    }

    private void addPiece(int index) {
        Piece piece = pieces.get(index);
        Graph own = piece.drawn().graph();
        own.opsets()
                .forEach((domain, version) -> {
                    if (!domain.isEmpty()) {
                        builder.opset(domain, version);
                    }
                });
        Map<String, String> names = new HashMap<>();
        Set<String> checkpoints = new LinkedHashSet<>();
        for (ValueInfo input : own.inputs()) {
            String given = input(index, input, checkpoints);
            names.put(input.name(), quantized(index, input.name(), given, checkpoints));
        }
        own.constants().forEach((name, tensor) -> names.put(name, constant(index, name, tensor)));
        for (Node node : own.nodes()) {
            List<String> operands = node.inputs().stream().map(i -> names.getOrDefault(i, name(index, i))).toList();
            List<String> results = node.outputs().stream().map(o -> result(index, o)).toList();
            builder.add(new Node(name(index, node.name()), node.op(), operands, results));
        }
        checkpointsOfPiece.add(checkpoints);
        own.outputs().forEach(o -> disturb(index, o.name()));
    }

    /// The value of an input before it is quantized.
    private String input(int index, ValueInfo declared, Set<String> checkpoints) {
        Piece piece = pieces.get(index);
        Link link = piece.links().get(declared.name());
        if (link != null) {
            checkpoints.addAll(checkpointsOfPiece.get(link.from()));
            return adapted(name(link.from(), link.output()), link);
        }
        Tensor tensor = piece.input(declared.name());
        PartialShape shape = declared.type().shape();
        boolean asDeclared = shape != null && shape.accepts(tensor.shape());
        String name = name(index, declared.name());
        builder.input(name, tensor.dtype(), asDeclared ? shape : PartialShape.of(tensor.shape()));
        inputs.put(name, tensor);
        return name;
    }

    private String adapted(String source, Link link) {
        String value = source;
        if (!link.source().equals(link.shape())) {
            long have = link.source().elementCount();
            long want = link.shape().elementCount();
            if (have != want) {
                value = add(new Reshape(false), value, constant(Tensor.vector(-1)));
                if (have < want) {
                    value = add(new Tile(), value, constant(Tensor.vector(Math.ceilDiv(want, have))));
                }
                value = add(new Slice(), value, constant(Tensor.vector(0)), constant(Tensor.vector(want)));
            }
            value = add(new Reshape(false), value, constant(Tensor.vector(link.shape().dims())));
        }
        return link.range() == null
                ? value
                : add(new Clip(), value, constant(link.range().min()), constant(link.range().max()));
    }

    private String add(Op op, String... operands) {
        return builder.add(op, operands);
    }

    private String constant(Tensor tensor) {
        return builder.freshConstant("k", tensor);
    }

    /// The value through QuantizeLinear and DequantizeLinear, if the piece says so.
    private String quantized(int index, String own, String value, Set<String> checkpoints) {
        Step step = pieces.get(index).quantized().get(own);
        if (step == null) {
            return value;
        }
        String integers = quantize(index, own, value, step, checkpoints);
        return add(new DequantizeLinear(), integers, scale(step), zeroPoint(step));
    }

    private String scale(Step step) {
        return constant(Tensor.scalar(step.scale()));
    }

    private String zeroPoint(Step step) {
        return constant(Tensor.scalar(step.dtype(), step.zeroPoint()));
    }

    /// The quantized value, which is a checkpoint.
    private String quantize(int index, String own, String value, Step step, Set<String> checkpoints) {
        String name = name(index, own) + "_q";
        if (noise != null) {
            builder.constant(name, noise.plain().get(name));
        } else {
            List<String> operands = List.of(value, scale(step), zeroPoint(step));
            builder.add(new Node(name, new QuantizeLinear(), operands, List.of(name)));
        }
        outputs.put(name, new Output(name, index, step, value, Set.copyOf(checkpoints)));
        checkpoints.add(name);
        return name;
    }

    private String constant(int index, String own, Tensor tensor) {
        Step step = pieces.get(index).quantized().get(own);
        String name = name(index, own);
        if (step == null) {
            return builder.constant(name, tensor);
        }
        Tensor integers = Tensor.allocate(step.dtype(), tensor.shape());
        for (long i = 0; i < integers.elementCount(); i++) {
            double q = Math.rint(tensor.getDouble(i) / step.scale()) + step.zeroPoint();
            integers.setLong(i, (long) Math.clamp(q, step.dtype().minValue(), step.dtype().maxValue()));
        }
        builder.constant(name, integers);
        return add(new DequantizeLinear(), name, scale(step), zeroPoint(step));
    }

    /// Whether runtimes may differ in the results of a piece, given the same operands.
    private boolean isDisturbed(int index, String output) {
        return noise != null
                && !pieces.get(index).drawn().tolerance().equals(Tolerance.EXACT)
                && isOutput(index, output)
                && noise.plain().get(name(index, output)).dtype() == DType.FLOAT32;
    }

    private boolean isOutput(int index, String value) {
        return pieces.get(index).drawn().graph().isOutput(value);
    }

    private String result(int index, String output) {
        return isDisturbed(index, output) ? name(index, output) + "_raw" : name(index, output);
    }

    private void disturb(int index, String output) {
        if (!isDisturbed(index, output) || noise == null) {
            return;
        }
        Tolerance tolerance = pieces.get(index).drawn().tolerance();
        Tensor plain = noise.plain().get(name(index, output));
        Tensor difference = Tensor.allocate(DType.FLOAT32, plain.shape());
        for (long i = 0; i < plain.elementCount(); i++) {
            double size = tolerance.absolute() + tolerance.relative() * Math.abs(plain.getDouble(i));
            difference.setDouble(i, noise.g().flip() ? size : -size);
        }
        String name = name(index, output);
        List<String> operands = List.of(name + "_raw", constant(difference));
        builder.add(new Node(name + "_noise", new Binary(BinaryFunction.ADD), operands, List.of(name)));
    }

    /// What no other piece reads, quantized where the piece says so; and all checkpoints.
    private void addOutputs() {
        Set<String> linked = new HashSet<>();
        pieces.forEach(p -> p.links().values().forEach(l -> linked.add(name(l.from(), l.output()))));
        for (int i = 0; i < pieces.size(); i++) {
            for (ValueInfo output : pieces.get(i).drawn().graph().outputs()) {
                String name = name(i, output.name());
                Set<String> checkpoints = new LinkedHashSet<>(checkpointsOfPiece.get(i));
                Step step = pieces.get(i).quantized().get(output.name());
                if (step != null) {
                    quantize(i, output.name(), name, step, checkpoints);
                } else if (!linked.contains(name)) {
                    outputs.put(name, new Output(name, i, null, name, checkpoints));
                }
            }
        }
        outputs.values().forEach(o -> builder.output(new ValueInfo(o.name(), outputType(o))));
    }

    private TypeInfo outputType(Output output) {
        if (output.quantizer() != null) {
            return new TypeInfo(output.quantizer().dtype(), null);
        }
        return pieces.get(output.piece()).drawn().graph().outputs().stream()
                .filter(o -> name(output.piece(), o.name()).equals(output.name()))
                .map(o -> new TypeInfo(o.type().dtype(), null))
                .findFirst()
                .orElseThrow();
    }
}
