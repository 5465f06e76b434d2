package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a node computes: the operator with its attributes, checked once when it is made.
///
/// Each operator of the ONNX standard that Octet knows is one record; families that differ by a scalar function only
/// ([Unary], [Binary], [Reduce]) share one. Operands are in the order of the newest operator set; the reader and the
/// writer bring older forms to it and back. An operator that Octet does not know is carried as [Opaque].
public sealed interface Op
        permits AffineGrid,
                ArgReduce,
                BatchNormalization,
                Bernoulli,
                Binary,
                BitCast,
                BitwiseNot,
                Cast,
                CastLike,
                CenterCropPad,
                Clip,
                Col2Im,
                Composite,
                Compress,
                Concat,
                ConstantOfShape,
                Conv,
                ConvInteger,
                ConvTranspose,
                Cumulative,
                DeformConv,
                DepthSpace,
                DequantizeLinear,
                Det,
                Dft,
                DynamicQuantizeLinear,
                DynamicQuantizeLstm,
                Expand,
                EyeLike,
                Flatten,
                FloatTest,
                Gather,
                GatherElements,
                GatherND,
                Gemm,
                GlobalPool,
                GridSample,
                Gru,
                Identity,
                ImageDecoder,
                InstanceNormalization,
                LayerNormalization,
                LocalResponseNormalization,
                LoweredOp,
                Lstm,
                MatMul,
                MatMulCodebook,
                MatMulInteger,
                MatMulIntegerToFloat,
                MatMulNBits,
                MaxRoiPool,
                MaxUnpool,
                MelWeightMatrix,
                Multinomial,
                NonMaxSuppression,
                NonZero,
                OneHot,
                Opaque,
                Pad,
                Pool,
                QGemm,
                QLinearBinary,
                QLinearConcat,
                QLinearConv,
                QLinearGlobalAveragePool,
                QLinearMatMul,
                QLinearUnary,
                QuantizeLinear,
                RandomFill,
                Range,
                Reduce,
                Reshape,
                Resize,
                ReverseSequence,
                Rnn,
                RoiAlign,
                ScatterElements,
                ScatterND,
                ShapeOf,
                SizeOf,
                Slice,
                Softmax,
                SpectralWindow,
                Split,
                Squeeze,
                Stft,
                StructuredOp,
                TensorScatter,
                Tile,
                TopK,
                Transpose,
                Trilu,
                Unary,
                Unique,
                Unsqueeze,
                Variadic,
                Where {

    /// ONNX operator type, such as `Conv`.
    String type();

    /// ONNX operator domain; the standard's is the empty string.
    default String domain() {
        return "";
    }

    /// The attributes as ONNX names them. Those at their default value may be left out.
    Attributes attributes();

    /// Oldest version of the domain in which an operator of this name has this meaning.
    int sinceVersion();

    /// Whether the same operands always make the same results; if not, nothing may be computed ahead or only once.
    default boolean isDeterministic() {
        return true;
    }

    /// About how long [#evaluate] takes, counted in multiplications of a product: by it is decided what is computed
    /// ahead. Unless an operator says otherwise, each element of operands and results is touched once.
    ///
    /// @param operands shapes, null where an optional operand is absent
    default double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofElements(operands, results);
    }

    /// Likewise of [#infer] where operands are constant: some shapes are found by computing the result. Others look at
    /// a few numbers.
    ///
    /// @param operands shapes of those that are constant, null in place of the others; as many as the node has, which
    ///   is not checked before
    default double inferenceWork(List<@Nullable Shape> operands) {
        return 0;
    }

    /// Finds the types of the outputs from those of the inputs, and from the inputs' values where these are constant.
    ///
    /// @throws IllegalArgumentException if the operands do not fit the operator; the message says what was expected and
    ///   found, the caller adds the node
    void infer(Inference inference);

    /// Computes the outputs, which have the types that [#infer] found. Plain loops on one thread: the definition that
    /// kernels are tested against, and what runs where there is no kernel.
    ///
    /// @param inputs null where an optional operand is absent
    void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs);
}
