package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/// Normalizations of the standard, and those with the sums before them, as ONNX Runtime's optimizer joins them.
final class NormalizationBodies {
    static final List<Composition> ALL =
            List.of(
                    Composition.of("", "GroupNormalization", 21, NormalizationBodies::group),
                    Composition.of("", "LpNormalization", 1, NormalizationBodies::lp),
                    Composition.of("", "MeanVarianceNormalization", 13, NormalizationBodies::meanVariance),
                    Composition.of("", "RMSNormalization", 23, NormalizationBodies::rootMeanSquare),
                    Composition.microsoft("EmbedLayerNormalization", NormalizationBodies::embed),
                    Composition.of("", "SimplifiedLayerNormalization", 1, NormalizationBodies::simplified),
                    Composition.microsoft("SkipLayerNormalization", NormalizationBodies::skip),
                    Composition.microsoft("SkipSimplifiedLayerNormalization", NormalizationBodies::skipSimplified));

    private static final float EPSILON = 1e-12f;

    private NormalizationBodies() {}

    /// Inputs x, skip, gamma, beta?, bias?; outputs y, mean?, inverse deviation?, sum?.
    private static void skip(Body b) {
        String sum = b.plusOperand(b.plus(b.operand(0), b.operand(1)), 4);
        LayerNormalization norm = new LayerNormalization(-1, b.attributes().getFloat("epsilon", EPSILON));
        List<String> normalized =
                b.has(3) ? b.addAll(norm, 3, sum, b.operand(2), b.operand(3)) : b.addAll(norm, 3, sum, b.operand(2));
        normalized.forEach(b::output);
        b.output(sum);
    }

    /// Inputs x, skip, gamma, bias?; outputs y, mean?, inverse deviation?, sum?. There is no mean; ONNX Runtime leaves
    /// that output as it is.
    private static void skipSimplified(Body b) {
        String sum = b.plusOperand(b.plus(b.operand(0), b.operand(1)), 3);
        String inverse = inverseRootMeanSquare(b, sum, b.dtype(0), b.attributes().getFloat("epsilon", EPSILON), -1);
        b.output(b.times(b.times(sum, inverse), b.operand(2)));
        b.output("");
        b.output(inverse);
        b.output(sum);
    }

    /// `x/√(mean(x²) + ε)·scale` over the axes from `axis` on. Inputs x, scale; outputs y, inverse deviation?.
    private static void simplified(Body b) {
        int rank = b.rank(0);
        int axis = Shape.normalizeAxis(b.attributes().getInt("axis", -1), rank);
        long[] axes = LongStream.range(axis, rank).toArray();
        String inverse =
                inverseRootMeanSquare(b, b.operand(0), b.dtype(0), b.attributes().getFloat("epsilon", 1e-5f), axes);
        b.output(b.times(b.times(b.operand(0), inverse), b.operand(1)));
        b.output(inverse);
    }

    /// The same in the type of `stash_type`. Inputs x, scale; output y.
    private static void rootMeanSquare(Body b) {
        int rank = b.rank(0);
        int axis = Shape.normalizeAxis(b.attributes().getInt("axis", -1), rank);
        long[] axes = LongStream.range(axis, rank).toArray();
        String x = stashed(b);
        String inverse = inverseRootMeanSquare(b, x, stash(b), b.attributes().getFloat("epsilon", 1e-5f), axes);
        String normal = unstashed(b, b.times(x, inverse));
        DType y = b.dtype(1);
        b.output(b.times(y == b.dtype(0) ? normal : b.cast(normal, y), b.operand(1)));
    }

    private static DType stash(Body b) {
        DType stash = OnnxTypes.dtype(b.attributes().getInt("stash_type", 1L));
        return b.dtype(0) == DType.FLOAT64 ? DType.FLOAT64 : stash;
    }

    private static String stashed(Body b) {
        return stash(b) == b.dtype(0) ? b.operand(0) : b.cast(b.operand(0), stash(b));
    }

    private static String unstashed(Body b, String y) {
        return stash(b) == b.dtype(0) ? y : b.cast(y, b.dtype(0));
    }

    /// Normalizes groups of channels of each sample. Inputs x `[N, C, D…]`, scale `[C]`, bias `[C]`; output y.
    private static void group(Body b) {
        long groups = b.attributes().getInt("num_groups", 0L);
        if (groups < 1) {
            throw Inference.mismatch("attribute num_groups", "at least 1", groups);
        }
        b.requireRank(0, 2);
        InstanceNormalization norm = new InstanceNormalization(b.attributes().getFloat("epsilon", 1e-5f));
        Tensor ones = Tensor.allocate(stash(b), Shape.of(groups));
        for (long i = 0; i < groups; i++) {
            ones.setDouble(i, 1);
        }
        String zeros = b.constant(Tensor.allocate(stash(b), Shape.of(groups)));
        String grouped = b.add(norm, b.reshape(stashed(b), 0, groups, -1), b.constant(ones), zeros);
        String shape = b.add(ShapeOf.of(Attributes.EMPTY), b.operand(0));
        String normal = unstashed(b, b.add(new Reshape(false), grouped, shape));
        String scaled = b.times(normal, perChannel(b, b.operand(1)));
        b.output(b.plus(scaled, perChannel(b, b.operand(2))));
    }

    /// A number for each channel, to be broadcast over the axes after it.
    private static String perChannel(Body b, String vector) {
        long[] extents = new long[b.rank(0) - 1];
        Arrays.fill(extents, 1);
        extents[0] = -1;
        return b.reshape(vector, extents);
    }

    /// Inputs x `[N, C, D…]`, scale, bias, running mean, running variance, each `[C]`; outputs y and the running
    /// moments, moved towards the batch's by `1 − momentum`.
    static void trainingBatch(Body b) {
        String axes = b.ints(LongStream.range(0, b.rank(0)).filter(axis -> axis != 1).toArray());
        Reduce mean = new Reduce(ReduceFunction.MEAN, false, false);
        Binary minus = new Binary(BinaryFunction.SUB);
        String centre = b.add(mean, b.operand(0), axes);
        String difference = b.add(minus, b.operand(0), perChannel(b, centre));
        String variance = b.add(mean, b.times(difference, difference), axes);
        BatchNormalization norm = new BatchNormalization(b.attributes().getFloat("epsilon", 1e-5f));
        b.output(b.add(norm, b.operand(0), b.operand(1), b.operand(2), centre, variance));
        b.output(moved(b, b.operand(3), centre));
        b.output(moved(b, b.operand(4), variance));
    }

    private static String moved(Body b, String running, String current) {
        double momentum = b.attributes().getFloat("momentum", 0.9f);
        DType dtype = b.dtype(3);
        return b.plus(b.times(running, b.scalar(dtype, momentum)), b.times(current, b.scalar(dtype, 1 - momentum)));
    }

    /// `(x − mean)/(√(mean(x²) − mean²) + 1e-9)` over `axes`.
    private static void meanVariance(Body b) {
        long[] axes = Operands.toArray(b.attributes().getInts("axes").orElse(List.of(0L, 2L, 3L)));
        String x = b.operand(0);
        String along = b.ints(axes);
        Reduce mean = new Reduce(ReduceFunction.MEAN, true, false);
        String centre = b.add(mean, x, along);
        String squares = b.add(mean, b.times(x, x), along);
        Binary minus = new Binary(BinaryFunction.SUB);
        String variance = b.add(minus, squares, b.times(centre, centre));
        String deviation = b.plus(b.add(Unary.of(UnaryFunction.SQRT), variance), b.scalar(b.dtype(0), 1e-9));
        b.output(b.add(new Binary(BinaryFunction.DIV), b.add(minus, x, centre), deviation));
    }

    /// Along `axis` by the sum of magnitudes (p = 1) or the root of the sum of squares (p = 2); zeros stay.
    private static void lp(Body b) {
        int p = b.attributes().getInt("p", 2);
        if (p != 1 && p != 2) {
            throw Inference.mismatch("attribute p", "1 or 2", p);
        }
        Reduce norm = new Reduce(p == 1 ? ReduceFunction.L1 : ReduceFunction.L2, true, false);
        String length = b.add(norm, b.operand(0), b.ints(b.attributes().getInt("axis", -1)));
        String isZero = b.add(new Binary(BinaryFunction.EQUAL), length, b.scalar(b.dtype(0), 0));
        String divisor = b.add(new Where(), isZero, b.scalar(b.dtype(0), 1), length);
        b.output(b.add(new Binary(BinaryFunction.DIV), b.operand(0), divisor));
    }

    private static String inverseRootMeanSquare(Body b, String x, DType dtype, float epsilon, long... axes) {
        String squares = b.times(x, x);
        String mean = b.add(new Reduce(ReduceFunction.MEAN, true, false), squares, b.ints(axes));
        String root = b.add(Unary.of(UnaryFunction.SQRT), b.plus(mean, b.scalar(dtype, epsilon)));
        return b.add(Unary.of(UnaryFunction.RECIPROCAL), root);
    }

    /// Inputs word ids `[batch, length]`, segment ids?, word, position and segment? embeddings, gamma, beta, mask?,
    /// position ids?; outputs y, number of words by the mask?, sum of the embeddings?.
    private static void embed(Body b) {
        Gather gather = new Gather(0);
        String sum = b.add(gather, b.operand(2), b.operand(0));
        String positions = b.has(8) ? b.operand(8) : b.range(b.extentOf(b.operand(0), 1));
        sum = b.plus(sum, b.add(gather, b.operand(3), positions));
        if (b.has(1)) {
            sum = b.plus(sum, b.add(gather, b.operand(4), b.operand(1)));
        }
        LayerNormalization norm = new LayerNormalization(-1, b.attributes().getFloat("epsilon", EPSILON));
        b.output(b.add(norm, sum, b.operand(5), b.operand(6)));
        b.output(b.has(7) ? count(b) : noWords(b));
        b.output(sum);
    }

    private static String count(Body b) {
        return b.add(new Reduce(ReduceFunction.SUM, false, false), b.operand(7), b.ints(1));
    }

    private static String noWords(Body b) {
        String batch = b.add(ShapeOf.of(Attributes.builder().put("end", 1L).build()), b.operand(0));
        return b.add(new ConstantOfShape(Tensor.of(Shape.of(1), 0)), batch);
    }
}
