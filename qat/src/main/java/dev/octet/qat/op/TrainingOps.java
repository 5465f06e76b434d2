package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.octet.graph.op.ArgReduce;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BitwiseNot;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.CenterCropPad;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.ConstantOfShape;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.DepthSpace;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.FloatTest;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.ImageDecoder;
import dev.octet.graph.op.InstanceNormalization;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.NonZero;
import dev.octet.graph.op.OneHot;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Pad;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.Range;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Resize;
import dev.octet.graph.op.ReverseSequence;
import dev.octet.graph.op.Rnn;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.SizeOf;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Squeeze;
import dev.octet.graph.op.Tile;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Trilu;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.graph.op.Variadic;
import dev.octet.graph.op.VariadicFunction;
import dev.octet.graph.op.Where;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The table of operators that can be trained.
///
/// Most are a function of arrays. Two kinds need no function of their own, since the operator's reference evaluation
/// says all: what only moves elements is evaluated once on their indices ([Rearrangement]), and what has no gradient,
/// such as a comparison, runs on the host. Values that do not depend on the data never become arrays; so the arithmetic
/// of shapes is done on the host, too.
public final class TrainingOps {
    private static final TrainingOp RESHAPE = run -> run.result(Shapes.reshape(run.array(0), run.shape()));
    private static final TrainingOp ON_HOST = TrainingOps::onHost;

    private TrainingOps() {}

    /// What an operator computes; empty if it cannot be trained.
    public static Optional<TrainingOp> of(Op op) {
        return Optional.ofNullable(find(op));
    }

    private static @Nullable TrainingOp find(Op op) {
        return switch (op) {
            case Conv conv -> new WindowOps.Convolution(conv);
            case ConvTranspose conv -> new WindowOps.TransposedConvolution(conv);
            case Pool pool -> WindowOps.pool(pool);
            case GlobalPool pool -> WindowOps.globalPool(pool);
            case Gemm gemm -> run -> MatrixOps.gemm(run, gemm);
            case MatMul _ -> run -> run.result(run.array(0).matMul(run.array(1)));
            case BatchNormalization norm -> run -> NormalizationOps.batch(run, norm);
            case LayerNormalization norm -> run -> NormalizationOps.layer(run, norm);
            case InstanceNormalization norm -> run -> NormalizationOps.instance(run, norm);
            case Softmax softmax -> run -> run.result(NormalizationOps.softmax(run.array(0), softmax));
            case Unary unary -> UnaryFunctions.of(unary);
            case Binary binary -> BinaryFunctions.of(binary, ON_HOST);
            case Variadic variadic -> run -> variadic(run, variadic);
            case Clip _ -> TrainingOps::clip;
            case Reduce reduce -> run -> ReduceFunctions.reduce(run, reduce);
            case Lstm lstm -> Recurrent.of(lstm);
            case Gru gru -> Recurrent.of(gru);
            case Rnn rnn -> Recurrent.of(rnn);
            case Resize resize -> Resampling.of(resize);
            case Concat concat -> run -> concat(run, concat);
            case Transpose transpose -> run -> transpose(run, transpose);
            case Expand _ -> run -> run.result(run.array(0).broadcast(run.shape().dims()));
            case Where _ -> TrainingOps::where;
            case Gather gather -> run -> gather(run, gather);
            case Identity _ -> run -> run.result(run.array(0));
            case Cast cast -> run -> run.result(run.array(0).toType(TensorArrays.dataType(cast.to()), true));
            case Reshape _, Flatten _, Squeeze _, Unsqueeze _ -> RESHAPE;
            case Slice _, Split _, Pad _, Tile _, DepthSpace _, Trilu _, ReverseSequence _, CenterCropPad _ ->
                    new Rearrangement(op);
            case ShapeOf _, SizeOf _ -> TrainingOps::ofShape;
            case ConstantOfShape _,
                    Range _,
                    ArgReduce _,
                    OneHot _,
                    FloatTest _,
                    BitwiseNot _,
                    NonZero _,
                    ImageDecoder _ ->
                    ON_HOST;
            default -> null;
        };
    }

    private static void onHost(NodeRun run) {
        List<Tensor> results = NodeRun.evaluate(run.op(), run.tensors(), run.resultCount());
        for (int i = 0; i < results.size(); i++) {
            if (run.dependsOnData()) {
                run.result(i, TensorArrays.toArray(run.manager(), results.get(i)));
            } else {
                run.result(i, results.get(i));
            }
        }
    }

    /// Runs a node: on the host, where no operand depends on the data, and by its operator where one does.
    public static void run(NodeRun run, TrainingOp op) {
        (run.dependsOnData() ? op : ON_HOST).run(run);
    }

    /// The element type makes no difference: the smallest is taken.
    private static void ofShape(NodeRun run) {
        Tensor stand = Tensor.allocate(DType.BOOL, Shape.of(run.array(0).getShape().getShape()));
        run.result(0, NodeRun.evaluate(run.op(), List.of(stand), 1).getFirst());
    }

    private static void clip(NodeRun run) {
        float min = run.has(1) ? run.constant(1).getFloat(0) : Float.NEGATIVE_INFINITY;
        float max = run.has(2) ? run.constant(2).getFloat(0) : Float.POSITIVE_INFINITY;
        run.result(run.array(0).clip(min, max));
    }

    private static void variadic(NodeRun run, Variadic op) {
        NDArray result = run.array(0);
        for (int i = 1; i < run.operandCount(); i++) {
            NDArray next = run.array(i);
            result =
                    switch (op.function()) {
                        case MIN -> result.minimum(next);
                        case MAX -> result.maximum(next);
                        case SUM, MEAN -> result.add(next);
                    };
        }
        run.result(op.function() == VariadicFunction.MEAN ? result.div(run.operandCount()) : result);
    }

    private static void concat(NodeRun run, Concat op) {
        NDList parts = new NDList();
        for (int i = 0; i < run.operandCount(); i++) {
            parts.add(run.array(i));
        }
        int rank = parts.getFirst().getShape().dimension();
        run.result(NDArrays.concat(parts, Shape.normalizeAxis(op.axis(), rank)));
    }

    private static void transpose(NodeRun run, Transpose op) {
        NDArray x = run.array(0);
        int[] order = op.perm().stream().mapToInt(Long::intValue).toArray();
        run.result(order.length == 0 ? x.transpose() : x.transpose(order));
    }

    private static void where(NodeRun run) {
        NDArray condition = run.array(0).toType(DataType.BOOLEAN, false);
        run.result(NDArrays.where(condition, run.array(1), run.array(2)));
    }

    /// Indices that depend on the data pick rows of a table, as embeddings do.
    private static void gather(NodeRun run, Gather op) {
        if (run.isConstant(1)) {
            new Rearrangement(op).run(run);
            return;
        }
        NDArray x = run.array(0);
        int axis = Shape.normalizeAxis(op.axis(), x.getShape().dimension());
        if (axis != 0) {
            throw new IllegalArgumentException("indices computed from the data: expected axis 0, found " + axis);
        }
        long rows = x.getShape().get(0);
        NDArray indices = run.array(1).toType(DataType.INT64, true);
        NDArray counted = indices.add(indices.lt(0).toType(DataType.INT64, false).mul(rows));
        NDArray picked =
                counted.getNDArrayInternal()
                        .embedding(counted, x.reshape(rows, -1), ai.djl.ndarray.types.SparseFormat.DENSE)
                        .singletonOrThrow();
        run.result(Shapes.reshape(picked, run.shape()));
    }
}
