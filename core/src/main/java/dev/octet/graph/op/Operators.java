package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The table of operators: ONNX domain and type to the record that stands for it.
///
/// A new operator is one record and one row here; see CONTRIBUTING.md.
public final class Operators {
    private static final String STANDARD = "";
    private static final String MICROSOFT = "com.microsoft";
    private static final String OCTET = Epilogue.DOMAIN;

    private static final Map<String, Function<Attributes, Op>> TABLE = new HashMap<>();

    static {
        for (UnaryFunction function : UnaryFunction.values()) {
            if (!function.hasOwnRecord()) {
                row(STANDARD, function.type(), function::read);
            }
        }
        for (BinaryFunction function : BinaryFunction.values()) {
            if (function.isSaidByName()) {
                row(STANDARD, function.type(), _ -> new Binary(function));
            }
        }
        row(STANDARD, "BitShift", a -> new Binary(BinaryFunction.shift(a)));
        row(STANDARD, "Mod", a -> new Binary(BinaryFunction.mod(a)));
        for (VariadicFunction function : VariadicFunction.values()) {
            row(STANDARD, function.type(), _ -> new Variadic(function));
        }
        for (ReduceFunction function : ReduceFunction.values()) {
            row(STANDARD, function.type(), a -> Reduce.of(function, a));
        }
        for (PoolFunction function : PoolFunction.values()) {
            row(STANDARD, function.type(), a -> Pool.of(function, a));
        }
        row(STANDARD, "AffineGrid", AffineGrid::of);
        row(STANDARD, "ArgMax", a -> ArgReduce.of(true, a));
        row(STANDARD, "ArgMin", a -> ArgReduce.of(false, a));
        row(STANDARD, "BatchNormalization", Operators::batchNormalization);
        row(STANDARD, "Bernoulli", Bernoulli::of);
        row(STANDARD, "BitCast", BitCast::of);
        row(STANDARD, "BitwiseNot", BitwiseNot::of);
        row(STANDARD, "BlackmanWindow", a -> SpectralWindow.of(SpectralWindow.Kind.BLACKMAN, a));
        row(STANDARD, "Cast", Cast::of);
        row(STANDARD, "CastLike", CastLike::of);
        row(STANDARD, "CenterCropPad", CenterCropPad::of);
        row(STANDARD, "Clip", Clip::of);
        row(STANDARD, "Col2Im", Col2Im::of);
        row(STANDARD, "Compress", Compress::of);
        row(STANDARD, "Concat", Concat::of);
        row(STANDARD, "ConcatFromSequence", ConcatFromSequence::of);
        row(STANDARD, "ConstantOfShape", ConstantOfShape::of);
        row(STANDARD, "Conv", Conv::of);
        row(STANDARD, "ConvInteger", ConvInteger::of);
        row(STANDARD, "ConvTranspose", ConvTranspose::of);
        row(STANDARD, "CumProd", a -> Cumulative.of(true, a));
        row(STANDARD, "CumSum", a -> Cumulative.of(false, a));
        row(STANDARD, "DFT", Dft::of);
        row(STANDARD, "DeformConv", DeformConv::of);
        row(STANDARD, "DepthToSpace", a -> DepthSpace.of(true, a));
        row(STANDARD, "DequantizeLinear", DequantizeLinear::of);
        row(STANDARD, "Det", Det::of);
        row(STANDARD, "Dropout", Identity::of);
        row(STANDARD, "DynamicQuantizeLinear", DynamicQuantizeLinear::of);
        row(STANDARD, "Expand", Expand::of);
        row(STANDARD, "EyeLike", EyeLike::of);
        row(STANDARD, "Flatten", Flatten::of);
        row(STANDARD, "GRU", Gru::of);
        row(STANDARD, "Gather", Gather::of);
        row(STANDARD, "GatherElements", GatherElements::of);
        row(STANDARD, "GatherND", GatherND::of);
        row(STANDARD, "Gemm", Gemm::of);
        row(STANDARD, "GlobalAveragePool", _ -> new GlobalPool(PoolFunction.AVERAGE));
        row(STANDARD, "GlobalMaxPool", _ -> new GlobalPool(PoolFunction.MAX));
        row(STANDARD, "GridSample", GridSample::of);
        row(STANDARD, "HammingWindow", a -> SpectralWindow.of(SpectralWindow.Kind.HAMMING, a));
        row(STANDARD, "HannWindow", a -> SpectralWindow.of(SpectralWindow.Kind.HANN, a));
        row(STANDARD, "Identity", Identity::of);
        row(STANDARD, "If", If::of);
        row(STANDARD, "ImageDecoder", ImageDecoder::of);
        row(STANDARD, "InstanceNormalization", InstanceNormalization::of);
        row(STANDARD, "IsInf", FloatTest::isInf);
        row(STANDARD, "IsNaN", _ -> FloatTest.isNaN());
        row(STANDARD, "LRN", LocalResponseNormalization::of);
        row(STANDARD, "LSTM", Lstm::of);
        row(STANDARD, "LayerNormalization", LayerNormalization::of);
        row(STANDARD, "LogSoftmax", a -> new Softmax(a.getInt("axis", -1), true, false));
        row(STANDARD, "Loop", Loop::of);
        row(STANDARD, "MatMul", MatMul::of);
        row(STANDARD, "MatMulInteger", MatMulInteger::of);
        row(STANDARD, "MaxRoiPool", MaxRoiPool::of);
        row(STANDARD, "MaxUnpool", MaxUnpool::of);
        row(STANDARD, "MelWeightMatrix", MelWeightMatrix::of);
        row(STANDARD, "Multinomial", Multinomial::of);
        row(STANDARD, "NonMaxSuppression", NonMaxSuppression::of);
        row(STANDARD, "NonZero", NonZero::of);
        row(STANDARD, "OneHot", OneHot::of);
        row(STANDARD, "Optional", OptionalOf::of);
        row(STANDARD, "OptionalGetElement", OptionalGetElement::of);
        row(STANDARD, "OptionalHasElement", OptionalHasElement::of);
        row(STANDARD, "Pad", Pad::of);
        row(STANDARD, "QLinearConv", QLinearConv::of);
        row(STANDARD, "QLinearMatMul", QLinearMatMul::of);
        row(STANDARD, "QuantizeLinear", QuantizeLinear::of);
        row(STANDARD, "RNN", Rnn::of);
        row(STANDARD, "RandomNormal", a -> RandomFill.of(RandomFill.Distribution.NORMAL, false, a));
        row(STANDARD, "RandomNormalLike", a -> RandomFill.of(RandomFill.Distribution.NORMAL, true, a));
        row(STANDARD, "RandomUniform", a -> RandomFill.of(RandomFill.Distribution.UNIFORM, false, a));
        row(STANDARD, "RandomUniformLike", a -> RandomFill.of(RandomFill.Distribution.UNIFORM, true, a));
        row(STANDARD, "Range", Range::of);
        row(STANDARD, "Reshape", Reshape::of);
        row(STANDARD, "Resize", Resize::of);
        row(STANDARD, "ReverseSequence", ReverseSequence::of);
        row(STANDARD, "RoiAlign", RoiAlign::of);
        row(STANDARD, "STFT", Stft::of);
        row(STANDARD, "Scan", Scan::of);
        row(STANDARD, "ScatterElements", ScatterElements::of);
        row(STANDARD, "ScatterND", ScatterND::of);
        row(STANDARD, "SequenceAt", SequenceAt::of);
        row(STANDARD, "SequenceConstruct", SequenceConstruct::of);
        row(STANDARD, "SequenceEmpty", SequenceEmpty::of);
        row(STANDARD, "SequenceErase", SequenceErase::of);
        row(STANDARD, "SequenceInsert", SequenceInsert::of);
        row(STANDARD, "SequenceLength", SequenceLength::of);
        row(STANDARD, "SequenceMap", SequenceMap::of);
        row(STANDARD, "Shape", ShapeOf::of);
        row(STANDARD, "Size", SizeOf::of);
        row(STANDARD, "Slice", Slice::of);
        row(STANDARD, "Softmax", a -> new Softmax(a.getInt("axis", -1), false, false));
        row(STANDARD, "SpaceToDepth", a -> DepthSpace.of(false, a));
        row(STANDARD, "Split", Split::of);
        row(STANDARD, "SplitToSequence", SplitToSequence::of);
        row(STANDARD, "Squeeze", Squeeze::of);
        row(STANDARD, "TensorScatter", TensorScatter::of);
        row(STANDARD, "Tile", Tile::of);
        row(STANDARD, "TopK", TopK::of);
        row(STANDARD, "Transpose", Transpose::of);
        row(STANDARD, "Trilu", Trilu::of);
        row(STANDARD, "Unique", Unique::of);
        row(STANDARD, "Unsqueeze", Unsqueeze::of);
        row(STANDARD, "Where", Where::of);
        row(MICROSOFT, "MatMulIntegerToFloat", MatMulIntegerToFloat::of);
        for (Composition composition : Composition.all()) {
            row(composition.domain(), composition.type(), a -> new Composite(composition, a));
        }
        row(MICROSOFT, "Gelu", _ -> Unary.of(UnaryFunction.GELU));
        row(MICROSOFT, "QGemm", QGemm::of);
        row(MICROSOFT, "QLinearAdd", _ -> new QLinearBinary(BinaryFunction.ADD, Epilogue.NONE));
        row(MICROSOFT, "QLinearMul", _ -> new QLinearBinary(BinaryFunction.MUL, Epilogue.NONE));
        row(MICROSOFT, "QLinearConcat", QLinearConcat::of);
        row(MICROSOFT, "DynamicQuantizeLSTM", DynamicQuantizeLstm::of);
        row(MICROSOFT, "MatMulNBits", MatMulNBits::of);
        row(MICROSOFT, "QLinearGlobalAveragePool", Operators::globalAveragePool);
        row(MICROSOFT, "QLinearSigmoid", _ -> new QLinearUnary(UnaryFunction.SIGMOID, 0, 0));
        row(
                MICROSOFT,
                "QLinearLeakyRelu",
                a -> new QLinearUnary(UnaryFunction.LEAKY_RELU, a.getFloat("alpha", 0.01f), 0));
        // Forms that no other runtime has.
        row(OCTET, "MatMulCodebook", MatMulCodebook::of);
        row(OCTET, "QGemm", QGemm::of);
        row(OCTET, "QLinearConv", QLinearConv::of);
        row(OCTET, "QLinearMatMul", QLinearMatMul::of);
        row(OCTET, "QLinearAdd", a -> new QLinearBinary(BinaryFunction.ADD, Epilogue.of(a)));
        row(OCTET, "QLinearMul", a -> new QLinearBinary(BinaryFunction.MUL, Epilogue.of(a)));
        for (UnaryFunction function : UnaryFunction.values()) {
            row(OCTET, "QLinear" + function.type(), a -> QLinearUnary.of(function.read(a)));
        }
        // The same quantizers before the standard had 16-bit types.
        row(MICROSOFT, "QuantizeLinear", QuantizeLinear::of);
        row(MICROSOFT, "DequantizeLinear", DequantizeLinear::of);
    }

    private Operators() {}

    /// In training a batch normalization is another operator.
    private static Op batchNormalization(Attributes attributes) {
        return attributes.getBoolean("training_mode", false)
                ? new Composite(Composition.TRAINING_BATCH_NORMALIZATION, attributes)
                : BatchNormalization.of(attributes);
    }

    /// With the channels as the last axis it is put together from others.
    private static Op globalAveragePool(Attributes attributes) {
        return attributes.getBoolean("channels_last", false)
                ? new Composite(Composition.GLOBAL_AVERAGE_POOL_CHANNELS_LAST, attributes)
                : QLinearGlobalAveragePool.of(attributes);
    }

    private static void row(String domain, String type, Function<Attributes, Op> read) {
        if (TABLE.put(key(domain, type), read) != null) {
            throw new IllegalStateException("two rows for " + key(domain, type));
        }
    }

    private static String key(String domain, String type) {
        return domain + ":" + type;
    }

    /// Domain and type of all rows.
    static Set<Map.Entry<String, String>> names() {
        return TABLE.keySet().stream()
                .map(key -> Map.entry(key.substring(0, key.indexOf(':')), key.substring(key.indexOf(':') + 1)))
                .collect(Collectors.toSet());
    }

    /// Whether an operator of that type is known, in whatever domain.
    public static boolean isKnown(String type) {
        return names().stream().anyMatch(name -> name.getValue().equals(type));
    }

    /// The operator of that name, with attributes as the newest operator set has them; [Opaque] if Octet does not know
    /// it.
    ///
    /// @throws IllegalArgumentException if an attribute has the wrong kind or a value out of range
    public static Op read(String domain, String type, Attributes attributes) {
        String canonical = domain.equals("ai.onnx") ? STANDARD : domain;
        Function<Attributes, Op> row = TABLE.get(key(canonical, type));
        return row == null ? new Opaque(canonical, type, attributes) : row.apply(attributes);
    }
}
