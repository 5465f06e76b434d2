package dev.octet.onnx;

import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Pad;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Resize;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.StructuredOp;
import dev.octet.tensor.DType;
import dev.octet.tensor.NarrowFloat.Rounding;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;

/// Which version of the standard's operators a graph can be written for.
final class OpsetRequirement {
    /// The forms of older versions are read, never written: this one has per-axis quantization, and every runtime loads
    /// it.
    static final int OLDEST = 13;

    static final int NEWEST = GraphBuilder.LATEST_OPSET;

    /// Graphs that were made in Java are written for this version where that can be, since runtimes in use load it.
    private static final int PORTABLE = 21;

    /// IR version that came with each operator set from 13 on.
    private static final int[] IR_VERSIONS = {7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 13, 13, 14};

    /// Operators that Octet carries without knowing them, and the versions at which their form changed so that a node
    /// of an older version means something else or nothing.
    private static final Map<String, List<Integer>> CHANGES =
            Map.ofEntries(
                    Map.entry("BatchNormalization", List.of(14)),
                    Map.entry("Dropout", List.of(12)),
                    Map.entry("GroupNormalization", List.of(21)),
                    Map.entry("Hardmax", List.of(13)),
                    Map.entry("Tile", List.of(6)),
                    Map.entry("Upsample", List.of(7, 9, 10)));

    private OpsetRequirement() {}

    /// @throws GraphException if the graph cannot be written for the version asked for, or for any
    static int choose(Graph graph, OptionalInt asked) {
        int own = graph.opsets().getOrDefault("", NEWEST);
        int needed = minimum(graph);
        int opset =
                asked.orElseGet(() -> {
                    boolean fromFile = GraphWriter.remainder(graph.metadata()).hasIrVersion();
                    boolean lower = own > PORTABLE && !fromFile && !hasUnknown(graph);
                    return Math.max(lower ? PORTABLE : own, needed);
                });
        if (needed > opset) {
            throw new GraphException(
                    "graph '"
                            + graph.name()
                            + "' cannot be written for operator set "
                            + opset
                            + ": "
                            + culprit(graph, opset));
        }
        requireUnchanged(graph, own, opset);
        return opset;
    }

    static int irVersion(int opset) {
        return IR_VERSIONS[Math.clamp(opset - OLDEST, 0, IR_VERSIONS.length - 1)];
    }

    private static int minimum(Graph graph) {
        return graph.nodes().stream().mapToInt(n -> minimum(n, graph)).max().orElse(OLDEST);
    }

    private static String culprit(Graph graph, int opset) {
        for (Node node : graph.nodes()) {
            int minimum = minimum(node, graph);
            if (minimum > opset) {
                return node + " needs " + minimum;
            }
        }
        throw new IllegalStateException(graph.name());
    }

    private static boolean hasUnknown(Graph graph) {
        return graph.nodes().stream().anyMatch(n -> n.op() instanceof Opaque && n.op().domain().isEmpty());
    }

    private static void requireUnchanged(Graph graph, int own, int opset) {
        for (Node node : graph.nodes()) {
            if (!(node.op() instanceof Opaque op) || !op.domain().isEmpty()) {
                continue;
            }
            if (opset < own) {
                throw new GraphException(
                        node
                                + " is of operator set "
                                + own
                                + " and unknown to Octet: it cannot be written for "
                                + opset);
            }
            for (int change : CHANGES.getOrDefault(op.type(), List.of())) {
                if (own < change && change <= opset) {
                    throw new GraphException(
                            node
                                    + " is of operator set "
                                    + own
                                    + "; operator set "
                                    + change
                                    + " changed it, and the graph needs "
                                    + opset);
                }
            }
        }
    }

    private static int minimum(Node node, Graph graph) {
        if (!node.op().domain().isEmpty()) {
            return OLDEST;
        }
        int minimum =
                switch (node.op()) {
                    case Opaque op -> subgraphs(op);
                    case StructuredOp op -> Math.max(op.sinceVersion(), subgraphs(op));
                    case Cast op -> Math.max(since(op.to()), op.narrowing().rounding() == Rounding.UP ? OLDEST : 24);
                    case DequantizeLinear op -> Math.max(op.sinceVersion(), quantizer(node, graph));
                    case Pad op -> node.has(3) ? 18 : op.mode() == Pad.PadMode.WRAP ? 19 : OLDEST;
                    case Pool op -> pool(op);
                    case QLinearMatMul op -> Math.max(op.sinceVersion(), shortFloats(node, graph));
                    case QuantizeLinear op -> quantizeLinear(op, node, graph);
                    case Reduce op -> reduce(op, node, graph);
                    case Reshape op -> op.allowZero() ? 14 : OLDEST;
                    case Resize op -> resize(op);
                    case ShapeOf op -> op.start() != 0 || op.end() != null ? 15 : OLDEST;
                    case Split op -> op.numOutputs() > 0 ? 18 : OLDEST;
                    default -> node.op().sinceVersion();
                };
        return Math.max(OLDEST, minimum);
    }

    private static int subgraphs(Op op) {
        return op.attributes().asMap().values().stream()
                .mapToInt(v -> v instanceof GraphValue subgraph ? minimum(subgraph.value()) : OLDEST)
                .max()
                .orElse(OLDEST);
    }

    private static int pool(Pool op) {
        boolean dilated = op.window().dilations().stream().anyMatch(d -> d != 1);
        if (op.function() == PoolFunction.AVERAGE) {
            return dilated ? 19 : OLDEST;
        }
        return op.function() == PoolFunction.LP && (dilated || op.ceilMode()) ? 18 : OLDEST;
    }

    /// The axes were an attribute before version 18, except those of ReduceSum.
    private static int reduce(Reduce op, Node node, Graph graph) {
        if (op.function() == ReduceFunction.SUM) {
            return OLDEST;
        }
        Tensor axes = graph.constants().get(node.input(1));
        boolean none = !node.has(1) || axes != null && axes.elementCount() == 0;
        return none ? op.noopWithEmptyAxes() ? 18 : OLDEST : axes == null ? 18 : OLDEST;
    }

    private static int resize(Resize op) {
        if (op.coordinates() == Resize.CoordinateTransformation.HALF_PIXEL_SYMMETRIC) {
            return 19;
        }
        boolean newer = op.antialias() || !op.axes().isEmpty() || op.aspectPolicy() != Resize.AspectPolicy.STRETCH;
        return newer ? 18 : OLDEST;
    }

    private static int quantizeLinear(QuantizeLinear op, Node node, Graph graph) {
        DType type = op.outputType();
        if (op.sinceVersion() >= 21 || type != null && (type.bits() < 8 || type.bits() == 16)) {
            return Math.max(op.sinceVersion(), Math.max(21, quantizer(node, graph)));
        }
        // Before version 21 only the zero point says the type; one can be made up if the scale's shape is known.
        boolean unsaid = type != null && type != DType.UINT8 && !node.has(2);
        return unsaid && !graph.constants().containsKey(node.input(1)) ? 21 : quantizer(node, graph);
    }

    /// A zero point says the type of an operand or of the result.
    private static int shortFloats(Node node, Graph graph) {
        return Stream.of(2, 5, 7)
                        .map(input -> graph.constants().get(node.input(input)))
                        .anyMatch(zero -> zero != null && zero.dtype().isNarrowFloat())
                ? 21
                : OLDEST;
    }

    private static int quantizer(Node node, Graph graph) {
        int minimum = OLDEST;
        for (int input = 0; input < 3; input++) {
            Tensor value = graph.constants().get(node.input(input));
            if (value != null && value.dtype().isInteger() && value.dtype().bits() == 16) {
                minimum = Math.max(minimum, 21);
            } else if (value != null && value.dtype().isFloating() && value.dtype() != DType.FLOAT32) {
                minimum = Math.max(minimum, Math.max(19, since(value.dtype())));
            } else if (value != null) {
                minimum = Math.max(minimum, since(value.dtype()));
            }
        }
        return minimum;
    }

    /// The version that brought an element type to the operators that convert to it.
    private static int since(DType type) {
        return switch (type) {
            case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ -> 19;
            case INT4, UINT4 -> 21;
            case FLOAT4E2M1 -> 23;
            case FLOAT8E8M0 -> 24;
            case INT2, UINT2 -> 25;
            default -> OLDEST;
        };
    }
}
