package dev.octet.engine.operator;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvInteger;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.ConvTransposeInteger;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.DynamicQuantizeLinear;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.IntegerAveragePool;
import dev.octet.graph.op.IntegerBinary;
import dev.octet.graph.op.IntegerMean;
import dev.octet.graph.op.IntegerRequantize;
import dev.octet.graph.op.IntegerSoftmax;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.MatMulIntegerToFloat;
import dev.octet.graph.op.MatMulNBits;
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
import dev.octet.graph.op.Resize;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.TableLookup;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.Variadic;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.Layout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The table of lowerings: operator record to what lowers it.
public final class OperatorLowerings {
    private static final Map<Class<? extends Op>, Row<?>> TABLE = new HashMap<>();

    private record Row<O extends Op>(LayoutRule rule, OperatorLowering<O> lowering) {
        /// The table's rows pair an operator with its lowering, so the cast holds.
        @SuppressWarnings("unchecked")
        @Nullable Lowered lower(Node node, Tail tail, Values values, Layout layout) {
            return lowering.lower((O) node.op(), new Site(node, tail, values, layout));
        }
    }

    static {
        row(BatchNormalization.class, LayoutRule.ANY, new BatchNormalizationOperator());
        row(Binary.class, LayoutRule.ANY, new ElementwiseOperators.OfTwo());
        row(Cast.class, LayoutRule.ANY, QuantizerOperators::cast);
        row(Clip.class, LayoutRule.ANY, ElementwiseOperators::unary);
        row(Concat.class, LayoutRule.ANY, CopyOperators::concat);
        row(Conv.class, LayoutRule.CONVOLUTION, new ConvOperator());
        row(ConvInteger.class, LayoutRule.CONVOLUTION, IntegerConvOperators::convInteger);
        row(ConvTranspose.class, LayoutRule.CONVOLUTION, new ConvTransposeOperator());
        row(ConvTransposeInteger.class, LayoutRule.CONVOLUTION, FixedPointOperators::convTranspose);
        row(DequantizeLinear.class, LayoutRule.ANY, QuantizerOperators::dequantize);
        row(DynamicQuantizeLinear.class, LayoutRule.ANY, QuantizerOperators::dynamicQuantize);
        row(Gemm.class, new GemmOperator());
        row(GlobalPool.class, LayoutRule.ANY, ReduceOperators::globalPool);
        row(IntegerAveragePool.class, LayoutRule.ANY, FixedPointOperators::averagePool);
        row(IntegerBinary.class, LayoutRule.ANY, FixedPointOperators::binary);
        row(IntegerMean.class, LayoutRule.ANY, FixedPointOperators::mean);
        row(IntegerRequantize.class, LayoutRule.ANY, FixedPointOperators::requantize);
        row(IntegerSoftmax.class, LayoutRule.ANY, FixedPointOperators::softmax);
        row(LayerNormalization.class, ReduceOperators::layerNormalization);
        row(MatMul.class, new MatMulOperator());
        row(MatMulNBits.class, new MatMulNBitsOperator());
        row(MatMulInteger.class, IntegerMatMulOperators::matMulInteger);
        row(MatMulIntegerToFloat.class, new IntegerMatMulOperators.ToFloat());
        row(Pool.class, LayoutRule.ANY, new PoolOperator());
        row(QGemm.class, IntegerMatMulOperators::qGemm);
        row(QLinearBinary.class, LayoutRule.ANY, QuantizedElementwiseOperators::binary);
        row(QLinearConv.class, LayoutRule.CONVOLUTION, IntegerConvOperators::qLinearConv);
        row(QLinearGlobalAveragePool.class, LayoutRule.ANY, QuantizedElementwiseOperators::globalAveragePool);
        row(QLinearMatMul.class, new IntegerMatMulOperators.Quantized());
        row(QLinearUnary.class, LayoutRule.ANY, QuantizedElementwiseOperators::unary);
        row(QuantizeLinear.class, LayoutRule.ANY, QuantizerOperators::quantize);
        row(Reduce.class, LayoutRule.ANY, ReduceOperators::reduce);
        row(Resize.class, LayoutRule.ANY, CopyOperators::resize);
        row(Softmax.class, LayoutRule.ANY, ReduceOperators::softmax);
        row(TableLookup.class, LayoutRule.ANY, FixedPointOperators::lookup);
        row(Unary.class, LayoutRule.ANY, ElementwiseOperators::unary);
        row(Variadic.class, LayoutRule.ANY, new ElementwiseOperators.OfSeveral());
    }

    private OperatorLowerings() {}

    private static <O extends Op> void row(Class<O> operator, OperatorLowering<O> lowering) {
        row(operator, LayoutRule.CHANNELS_FIRST, lowering);
    }

    private static <O extends Op> void row(Class<O> operator, LayoutRule rule, OperatorLowering<O> lowering) {
        TABLE.put(operator, new Row<>(rule, lowering));
    }

    /// A kernel over images channels first, and the nodes after the first that it computes as well.
    ///
    /// @param rule the other layouts that [#lower] may be asked for
    public record Group(Node head, Lowered lowered, Tail tail, LayoutRule rule) {
        /// The node that defines the result.
        public Node last() {
            return tail.nodes().isEmpty() ? head : tail.nodes().getLast();
        }
    }

    /// The kernel of a group over images in a layout, or empty if there is none.
    public static Optional<Lowered> lower(Group group, Values values, Layout layout) {
        if (group.lowered.spec() instanceof KernelSpec.Chain) {
            return Optional.ofNullable(ElementChain.lower(group.head, group.tail.nodes(), values, layout));
        }
        Row<?> row = TABLE.get(group.head.op().getClass());
        return layout == Layout.CHANNELS_FIRST || row == null
                ? Optional.of(group.lowered)
                : Optional.ofNullable(row.lower(group.head, group.tail, values, layout));
    }

    /// A kernel for a node and as much of what follows it as the kernel can compute; empty if there is none. The types
    /// of the node's values must be known.
    ///
    /// @param isFree whether a later node may be taken along: no other kernel computes it
    /// @param isHidden whether a value may vanish: nobody outside the graph sees it
    public static Optional<Group> lower(
            Graph graph, Node node, Values values, Predicate<Node> isFree, Predicate<String> isHidden) {
        Row<?> row = TABLE.get(node.op().getClass());
        if (row == null) {
            return Optional.empty();
        }
        TailForm form = row.lowering.tail(node);
        TailMatcher matcher = new TailMatcher(graph, values, isFree, isHidden, node);
        Group rows = SoftmaxMatcher.match(node, values, matcher::next);
        if (rows == null) {
            rows = ResidualNormMatcher.match(node, values, matcher::next);
        }
        if (rows != null) {
            return Optional.of(rows);
        }
        Tail tail = matcher.match(form);
        Group whole = group(row, node, tail, values);
        if (whole == null && !tail.nodes().isEmpty()) {
            whole = group(row, node, Tail.NONE, values);
        }
        Group chain = chain(node, new ChainMatcher(graph, values, isFree, isHidden).match(node), values);
        boolean longer = chain != null && (whole == null || chain.tail.nodes().size() > whole.tail.nodes().size());
        return Optional.ofNullable(longer ? chain : whole);
    }

    /// @param after the nodes that follow, if any do
    private static @Nullable Group chain(Node node, List<Node> after, Values values) {
        Lowered lowered = after.isEmpty() ? null : ElementChain.lower(node, after, values, Layout.CHANNELS_FIRST);
        return lowered == null ? null : new Group(node, lowered, Tail.of(after), LayoutRule.ANY);
    }

    private static @Nullable Group group(Row<?> row, Node node, Tail tail, Values values) {
        Lowered lowered = row.lower(node, tail, values, Layout.CHANNELS_FIRST);
        return lowered == null ? null : new Group(node, lowered, tail, row.rule);
    }
}
