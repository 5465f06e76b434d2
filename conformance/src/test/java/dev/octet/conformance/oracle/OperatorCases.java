package dev.octet.conformance.oracle;

import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.SpectralWindow;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.VariadicFunction;
import dev.octet.test.Generator;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/// How a case of each operator is drawn, by ONNX type; the second form of a type, or another domain's, is marked.
final class OperatorCases {
    static final Map<String, Function<Generator, OracleCase>> TABLE = new TreeMap<>();

    static {
        for (UnaryFunction function : UnaryFunction.values()) {
            if (function != UnaryFunction.CLIP
                    && function != UnaryFunction.IDENTITY
                    && function != UnaryFunction.SWISH) {
                TABLE.put(function.type(), g -> ElementwiseCases.unary(g, function));
            }
        }
        for (BinaryFunction function : BinaryFunction.values()) {
            String mark =
                    switch (function) {
                        case FMOD -> " (fmod)";
                        case SHIFT_RIGHT -> " (right)";
                        default -> "";
                    };
            TABLE.put(function.type() + mark, g -> ElementwiseCases.binary(g, function));
        }
        for (VariadicFunction function : VariadicFunction.values()) {
            TABLE.put(function.type(), g -> ElementwiseCases.variadic(g, function));
        }
        for (ReduceFunction function : ReduceFunction.values()) {
            TABLE.put(function.type(), g -> ReductionCases.reduce(g, function));
        }
        for (PoolFunction function : PoolFunction.values()) {
            TABLE.put(function.type(), g -> WindowCases.pool(g, function));
        }
        TABLE.put("GlobalAveragePool", g -> WindowCases.globalPool(g, PoolFunction.AVERAGE));
        TABLE.put("GlobalMaxPool", g -> WindowCases.globalPool(g, PoolFunction.MAX));
        TABLE.put("AffineGrid", VisionCases::affineGrid);
        TABLE.put("ArgMax", g -> ReductionCases.argReduce(g, true));
        TABLE.put("ArgMin", g -> ReductionCases.argReduce(g, false));
        TABLE.put("BatchNormalization", ReductionCases::batchNormalization);
        TABLE.put("BitwiseNot", ElementwiseCases::bitwiseNot);
        TABLE.put("BlackmanWindow", g -> SignalCases.window(g, SpectralWindow.Kind.BLACKMAN));
        TABLE.put("Cast", ElementwiseCases::cast);
        TABLE.put("CastLike", ElementwiseCases::castLike);
        TABLE.put("CenterCropPad", IndexCases::centerCropPad);
        TABLE.put("Chain of image operators", ChainCases::image);
        TABLE.put("Chain of sequence operators", ChainCases::sequence);
        TABLE.put("Clip", ElementwiseCases::clip);
        TABLE.put("Col2Im", VisionCases::col2Im);
        TABLE.put("Compress", IndexCases::compress);
        TABLE.put("Concat", ShapeCases::concat);
        TABLE.put("ConcatFromSequence", SequenceCases::edit);
        TABLE.put("ConstantOfShape", ShapeCases::constantOfShape);
        TABLE.put("Conv", WindowCases::conv);
        TABLE.put("ConvInteger", QuantizedCases::convInteger);
        TABLE.put("ConvTranspose", WindowCases::convTranspose);
        TABLE.put("CumSum", IndexCases::cumSum);
        TABLE.put("DFT", SignalCases::dft);
        TABLE.put("DeformConv", VisionCases::deformConv);
        TABLE.put("DepthToSpace", g -> IndexCases.depthSpace(g, true));
        TABLE.put("DequantizeLinear", QuantizedCases::dequantize);
        TABLE.put("Det", SignalCases::det);
        TABLE.put("DynamicQuantizeLSTM", PackedCases::dynamicQuantizeLstm);
        TABLE.put("DynamicQuantizeLinear", QuantizedCases::dynamicQuantize);
        TABLE.put("Einsum", SignalCases::einsum);
        TABLE.put("Expand", ShapeCases::expand);
        TABLE.put("EyeLike", IndexCases::eyeLike);
        TABLE.put("Flatten", ShapeCases::flatten);
        TABLE.put("GRU", RecurrentCases::gru);
        TABLE.put("Gather", ShapeCases::gather);
        TABLE.put("GatherBlockQuantized", PackedCases::gatherBlockQuantized);
        TABLE.put("GatherElements", IndexCases::gatherElements);
        TABLE.put("GatherND", IndexCases::gatherND);
        TABLE.put("Gemm", MatrixCases::gemm);
        TABLE.put("GlobalLpPool", SignalCases::globalLpPool);
        TABLE.put("GridSample", VisionCases::gridSample);
        TABLE.put("GroupNormalization", SignalCases::groupNormalization);
        TABLE.put("HammingWindow", g -> SignalCases.window(g, SpectralWindow.Kind.HAMMING));
        TABLE.put("HannWindow", g -> SignalCases.window(g, SpectralWindow.Kind.HANN));
        TABLE.put("Hardmax", SignalCases::hardmax);
        TABLE.put("Identity", ElementwiseCases::identity);
        TABLE.put("If", ControlCases::choose);
        TABLE.put("InstanceNormalization", ReductionCases::instanceNormalization);
        TABLE.put("IsInf", g -> ElementwiseCases.floatTest(g, false));
        TABLE.put("IsNaN", g -> ElementwiseCases.floatTest(g, true));
        TABLE.put("LRN", SignalCases::localResponse);
        TABLE.put("LSTM", RecurrentCases::lstm);
        TABLE.put("LayerNormalization", ReductionCases::layerNormalization);
        TABLE.put("LogSoftmax", g -> ReductionCases.softmax(g, true));
        TABLE.put("Loop", ControlCases::loop);
        TABLE.put("LpNormalization", SignalCases::lpNormalization);
        TABLE.put("MatMul", MatrixCases::matMul);
        TABLE.put("MatMulInteger", QuantizedCases::matMulInteger);
        TABLE.put("MatMulIntegerToFloat", QuantizedCases::matMulIntegerToFloat);
        TABLE.put("MatMulNBits", PackedCases::matMulNBits);
        TABLE.put("MaxRoiPool", VisionCases::maxRoiPool);
        TABLE.put("MaxUnpool", VisionCases::maxUnpool);
        TABLE.put("MeanVarianceNormalization", SignalCases::meanVariance);
        TABLE.put("MelWeightMatrix", SignalCases::melWeightMatrix);
        TABLE.put("NonMaxSuppression", VisionCases::nonMaxSuppression);
        TABLE.put("NonZero", IndexCases::nonZero);
        TABLE.put("OneHot", IndexCases::oneHot);
        TABLE.put("Optional", SequenceCases::optional);
        TABLE.put("OptionalGetElement", SequenceCases::optional);
        TABLE.put("OptionalHasElement", SequenceCases::optional);
        TABLE.put("Pad", ShapeCases::pad);
        TABLE.put("QGemm", QuantizedCases::qGemm);
        TABLE.put("QLinearAdd", g -> QuantizedCases.qLinearBinary(g, BinaryFunction.ADD));
        TABLE.put("QLinearAveragePool (channels last)", PackedCases::channelsLastPool);
        TABLE.put("QLinearConcat", QuantizedCases::qLinearConcat);
        TABLE.put("QLinearConv", QuantizedCases::qLinearConv);
        TABLE.put("QLinearGlobalAveragePool", QuantizedCases::qLinearGlobalAveragePool);
        TABLE.put("QLinearLeakyRelu", g -> QuantizedCases.qLinearUnary(g, UnaryFunction.LEAKY_RELU));
        TABLE.put("QLinearMatMul", QuantizedCases::qLinearMatMul);
        TABLE.put("QLinearMul", g -> QuantizedCases.qLinearBinary(g, BinaryFunction.MUL));
        TABLE.put("QLinearSigmoid", g -> QuantizedCases.qLinearUnary(g, UnaryFunction.SIGMOID));
        TABLE.put("QuantizeLinear", QuantizedCases::quantize);
        TABLE.put("RMSNormalization", SignalCases::rootMeanSquare);
        TABLE.put("RNN", RecurrentCases::rnn);
        TABLE.put("Range", ShapeCases::range);
        TABLE.put("Reshape", ShapeCases::reshape);
        TABLE.put("Resize", ResizeCases::resize);
        TABLE.put("ReverseSequence", IndexCases::reverseSequence);
        TABLE.put("RoiAlign", VisionCases::roiAlign);
        TABLE.put("STFT", SignalCases::stft);
        TABLE.put("Scan", ControlCases::scan);
        TABLE.put("ScatterElements", IndexCases::scatterElements);
        TABLE.put("ScatterND", IndexCases::scatterND);
        TABLE.put("SequenceAt", SequenceCases::at);
        TABLE.put("SequenceConstruct", SequenceCases::at);
        TABLE.put("SequenceEmpty", SequenceCases::empty);
        TABLE.put("SequenceErase", SequenceCases::edit);
        TABLE.put("SequenceInsert", SequenceCases::edit);
        TABLE.put("SequenceLength", SequenceCases::edit);
        TABLE.put("SequenceMap", SequenceCases::map);
        TABLE.put("Shape", ShapeCases::shapeOf);
        TABLE.put("Size", IndexCases::size);
        TABLE.put("Slice", ShapeCases::slice);
        TABLE.put("Softmax", g -> ReductionCases.softmax(g, false));
        TABLE.put("SpaceToDepth", g -> IndexCases.depthSpace(g, false));
        TABLE.put("Split", ShapeCases::split);
        TABLE.put("SplitToSequence", SequenceCases::split);
        TABLE.put("Squeeze", ShapeCases::squeeze);
        TABLE.put("Tile", ShapeCases::tile);
        TABLE.put("TopK", IndexCases::topK);
        TABLE.put("Transpose", ShapeCases::transpose);
        TABLE.put("Trilu", IndexCases::trilu);
        TABLE.put("Unique", IndexCases::unique);
        TABLE.put("Unsqueeze", ShapeCases::unsqueeze);
        TABLE.put("Where", ElementwiseCases::where);
        TABLE.putAll(FusedCases.TABLE);
        TABLE.putAll(AttentionCases.TABLE);
    }

    private OperatorCases() {}
}
