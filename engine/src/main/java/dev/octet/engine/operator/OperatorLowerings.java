package dev.octet.engine.operator;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvInteger;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.DynamicQuantizeLinear;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.MatMulIntegerToFloat;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.QGemm;
import dev.octet.graph.op.QLinearBinary;
import dev.octet.graph.op.QLinearConv;
import dev.octet.graph.op.QLinearGlobalAveragePool;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.graph.op.QLinearUnary;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.Variadic;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The table of lowerings: operator record to what lowers it.
public final class OperatorLowerings {
    private static final Map<Class<? extends Op>, OperatorLowering<?>> TABLE = new HashMap<>();

    static {
        row(BatchNormalization.class, new BatchNormalizationOperator());
        row(Binary.class, new ElementwiseOperators.OfTwo());
        row(Clip.class, ElementwiseOperators::unary);
        row(Conv.class, new ConvOperator());
        row(ConvInteger.class, IntegerConvOperators::convInteger);
        row(ConvTranspose.class, new ConvTransposeOperator());
        row(DequantizeLinear.class, QuantizerOperators::dequantize);
        row(DynamicQuantizeLinear.class, QuantizerOperators::dynamicQuantize);
        row(Gemm.class, new GemmOperator());
        row(GlobalPool.class, ReduceOperators::globalPool);
        row(LayerNormalization.class, ReduceOperators::layerNormalization);
        row(MatMul.class, new MatMulOperator());
        row(MatMulInteger.class, IntegerMatMulOperators::matMulInteger);
        row(MatMulIntegerToFloat.class, new IntegerMatMulOperators.ToFloat());
        row(Pool.class, new PoolOperator());
        row(QGemm.class, IntegerMatMulOperators::qGemm);
        row(QLinearBinary.class, QuantizedElementwiseOperators::binary);
        row(QLinearConv.class, IntegerConvOperators::qLinearConv);
        row(QLinearGlobalAveragePool.class, QuantizedElementwiseOperators::globalAveragePool);
        row(QLinearMatMul.class, IntegerMatMulOperators::qLinearMatMul);
        row(QLinearUnary.class, QuantizedElementwiseOperators::unary);
        row(QuantizeLinear.class, QuantizerOperators::quantize);
        row(Reduce.class, ReduceOperators::reduce);
        row(Softmax.class, ReduceOperators::softmax);
        row(Transpose.class, new TransposeOperator());
        row(Unary.class, ElementwiseOperators::unary);
        row(Variadic.class, new ElementwiseOperators.OfSeveral());
    }

    private OperatorLowerings() {}

    private static <O extends Op> void row(Class<O> operator, OperatorLowering<O> lowering) {
        TABLE.put(operator, lowering);
    }

    /// A kernel and the nodes after the first that it computes as well.
    public record Group(Lowered lowered, Tail tail) {}

    /// A kernel for a node and as much of what follows it as the kernel can compute; empty if there is none. The types
    /// of the node's values must be known.
    ///
    /// @param isFree whether a later node may be taken along: no other kernel computes it
    /// @param isHidden whether a value may vanish: nobody outside the graph sees it
    public static Optional<Group> lower(
            Graph graph, Node node, Values values, Predicate<Node> isFree, Predicate<String> isHidden) {
        OperatorLowering<?> lowering = TABLE.get(node.op().getClass());
        if (lowering == null) {
            return Optional.empty();
        }
        TailForm form = lowering.tail(node);
        Tail tail = new TailMatcher(graph, values, isFree, isHidden, node).match(form);
        Group whole = group(lowering, node, tail, values);
        if (whole == null && !tail.nodes().isEmpty()) {
            whole = group(lowering, node, Tail.NONE, values);
        }
        return Optional.ofNullable(whole);
    }

    private static @Nullable Group group(OperatorLowering<?> lowering, Node node, Tail tail, Values values) {
        Lowered lowered = lower(lowering, node, new Site(node, tail, values));
        return lowered == null ? null : new Group(lowered, tail);
    }

    /// The table's rows pair an operator with its lowering, so the cast holds.
    @SuppressWarnings("unchecked")
    private static <O extends Op> @Nullable Lowered lower(OperatorLowering<O> lowering, Node node, Site site) {
        return lowering.lower((O) node.op(), site);
    }

    /// Whether a node's result is its first operand's memory in another shape.
    public static boolean isView(Node node, Values values) {
        return ViewOperators.isView(node, values);
    }
}
