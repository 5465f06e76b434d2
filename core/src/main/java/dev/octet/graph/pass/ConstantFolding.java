package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.DynamicQuantizeLinear;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Replaces nodes with constant operands by their values, unless these would take much more memory than the operands,
/// or computing them too long.
///
/// @param inputTypes types to which inputs are specialized; empty to keep the declared ones
/// @param foldQuantizers whether QuantizeLinear and DequantizeLinear of constants fold too; they carry how a weight is
///   quantized, so they stay by default
public record ConstantFolding(Map<String, TypeInfo> inputTypes, boolean foldQuantizers) implements Pass {
    /// A value up to this size may be larger than its operands, in bytes.
    private static final long FREE_BYTES = 1 << 20;

    /// All values together may take so many times the bytes of the graph's constants, and [#FREE_TOTAL] more: doubled
    /// often enough, even a value of one byte fills any memory.
    private static final long TOTAL_FACTOR = 4;

    private static final long FREE_TOTAL = 64 << 20;

    /// All values together may take so many [Op#work][dev.octet.graph.op.Op#work] for each byte of the graph's
    /// constants, and [#FREE_WORK] more, which is seconds: a small file can ask for any number of large products.
    private static final long WORK_FACTOR = 64;

    private static final long FREE_WORK = 1L << 29;

    public ConstantFolding {
        inputTypes = Map.copyOf(inputTypes);
    }

    public ConstantFolding() {
        this(Map.of(), false);
    }

    /// Folding that also specializes a graph to the given types of some or all inputs: with fixed shapes all shape
    /// arithmetic disappears. The result declares these types.
    public static ConstantFolding withInputTypes(Map<String, TypeInfo> inputTypes) {
        return new ConstantFolding(inputTypes, false);
    }

    public ConstantFolding withFoldQuantizers(boolean fold) {
        return new ConstantFolding(inputTypes, fold);
    }

    @Override
    public Graph apply(Graph graph) {
        Inferred inferred = ShapeInference.infer(graph, inputTypes, new Rule(graph));
        List<Node> remaining = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (!isConstant(node, inferred)) {
                remaining.add(node);
            }
        }
        if (remaining.size() == graph.nodes().size() && inputTypes.isEmpty()) {
            return graph;
        }
        GraphBuilder builder = new GraphBuilder(graph.name()).metadata(graph.metadata());
        graph.opsets().forEach(builder::opset);
        graph.inputs().forEach(v -> builder.input(specialized(v, inputTypes.get(v.name()))));
        graph.constants().forEach(builder::constant);
        foldedConstants(graph, remaining, inferred, builder);
        graph.types().forEach((name, type) -> builder.type(name, inferred.types().getOrDefault(name, type)));
        remaining.forEach(builder::add);
        graph.outputs()
                .forEach(
                        v -> builder.output(inputTypes.isEmpty() ? v : specialized(v, inferred.types().get(v.name()))));
        return builder.build();
    }

    /// Which nodes of one graph fold.
    private final class Rule implements ShapeInference.FoldingRule {
        private long remainingBytes;
        private double remainingWork;

        Rule(Graph graph) {
            long bytes = graph.constants().values().stream().mapToLong(Tensor::byteSize).sum();
            remainingBytes = TOTAL_FACTOR * bytes + FREE_TOTAL;
            remainingWork = (double) WORK_FACTOR * bytes + FREE_WORK;
        }

        @Override
        public boolean folds(Node node, List<@Nullable Tensor> operands, List<TypeInfo> results) {
            boolean quantizer =
                    node.op() instanceof QuantizeLinear
                            || node.op() instanceof DequantizeLinear
                            || node.op() instanceof DynamicQuantizeLinear;
            if (quantizer && !foldQuantizers) {
                return false;
            }
            long before = operands.stream().filter(Objects::nonNull).distinct().mapToLong(Tensor::byteSize).sum();
            long after = 0;
            for (TypeInfo result : results) {
                long bytes = ShapeInference.byteSize(result);
                if (bytes > remainingBytes) {
                    return false;
                }
                after += bytes;
            }
            if (after > Math.max(before, FREE_BYTES) || after > remainingBytes) {
                return false;
            }
            double work = work(node, operands, results);
            if (work > remainingWork) {
                return false;
            }
            remainingBytes -= after;
            remainingWork -= work;
            return true;
        }
    }

    private static double work(Node node, List<@Nullable Tensor> operands, List<TypeInfo> results) {
        List<@Nullable Shape> shapes = new ArrayList<>();
        operands.forEach(operand -> shapes.add(operand == null ? null : operand.shape()));
        return node.op().work(shapes, results.stream().map(ShapeInference::fixedShape).toList());
    }

    private static boolean isConstant(Node node, Inferred inferred) {
        return node.outputs().stream().allMatch(o -> o.isEmpty() || inferred.constants().containsKey(o));
    }

    /// Adds the values that what remains reads; those between folded nodes are dropped.
    private static void foldedConstants(Graph graph, List<Node> remaining, Inferred inferred, GraphBuilder builder) {
        Set<String> read = new HashSet<>(OutputNames.of(graph));
        remaining.forEach(node -> read.addAll(node.inputs()));
        Set<String> stillDefined = new HashSet<>(graph.constants().keySet());
        remaining.forEach(node -> stillDefined.addAll(node.outputs()));
        for (Node node : graph.nodes()) {
            for (String output : node.outputs()) {
                Tensor value = inferred.constants().get(output);
                if (value != null && read.contains(output) && !stillDefined.contains(output)) {
                    builder.constant(output, value);
                }
            }
        }
    }

    private static ValueInfo specialized(ValueInfo value, @Nullable TypeInfo type) {
        return type == null ? value : new ValueInfo(value.name(), type, value.metadata());
    }
}
