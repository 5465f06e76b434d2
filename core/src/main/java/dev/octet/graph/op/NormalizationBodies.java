package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.stream.LongStream;

/// Normalizations with the sums before them, as ONNX Runtime's optimizer joins them.
final class NormalizationBodies {
    static final List<Composition> ALL =
            List.of(
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
        String inverse = inverseRootMeanSquare(b, sum, b.attributes().getFloat("epsilon", EPSILON), -1);
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
        String inverse = inverseRootMeanSquare(b, b.operand(0), b.attributes().getFloat("epsilon", 1e-5f), axes);
        b.output(b.times(b.times(b.operand(0), inverse), b.operand(1)));
        b.output(inverse);
    }

    private static String inverseRootMeanSquare(Body b, String x, float epsilon, long... axes) {
        String squares = b.times(x, x);
        String mean = b.add(new Reduce(ReduceFunction.MEAN, true, false), squares, b.ints(axes));
        String root = b.add(Unary.of(UnaryFunction.SQRT), b.plus(mean, b.scalar(b.dtype(0), epsilon)));
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
