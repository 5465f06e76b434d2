package dev.octet.graph.op;

import dev.octet.graph.op.AttentionFormula.Heads;
import dev.octet.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// Attention as ONNX Runtime's optimizer joins it; `softmax(Q·Kᵀ·scale + bias)·V` for each head.
final class AttentionBodies {
    static final List<Composition> ALL =
            Stream.of(
                            List.of(
                                    Composition.microsoft("Attention", AttentionBodies::attention),
                                    Composition.microsoft("MultiHeadAttention", AttentionBodies::multiHead),
                                    Composition.microsoft("QAttention", AttentionBodies::quantized)),
                            RotaryBodies.ALL,
                            StandardAttention.ALL)
                    .flatMap(List::stream)
                    .toList();

    private AttentionBodies() {}

    /// Inputs x `[batch, length, inputs]`, weights `[inputs, q + k + v]`, bias? `[q + k + v]`, mask?, past? `[2, batch,
    /// heads, before, size]`, attention bias?; outputs y `[batch, length, v]`, present?.
    private static void attention(Body b) {
        refuseOperand(b, 6, "past_sequence_length");
        String projected = b.plusOperand(b.matMul(b.operand(0), b.operand(1)), 2);
        mergedWeights(b, projected, 3, 4, b.operand(5));
    }

    /// Inputs x, weights, bias, xScale, weightScale, mask?, xZeroPoint?, weightZeroPoint?, past?; outputs as above.
    private static void quantized(Body b) {
        String product =
                QuantizedBodies.product(
                        b, b.operand(0), b.operand(1), b.operand(3), b.operand(4), b.operand(6), b.operand(7));
        mergedWeights(b, b.plus(product, b.operand(2)), 5, 8, "");
    }

    private static void mergedWeights(Body b, String projected, int mask, int past, String addend) {
        refuseAttribute(b, "do_rotary");
        refuseAttribute(b, "past_present_share_buffer");
        long heads = heads(b);
        long all = b.extent(1, 1);
        long[] sizes =
                b.attributes()
                        .getInts("qkv_hidden_sizes")
                        .map(Operands::toArray)
                        .orElse(new long[] {all / 3, all / 3, all / 3});
        if (sizes.length != 3 || Arrays.stream(sizes).sum() != all) {
            throw Inference.mismatch("attribute qkv_hidden_sizes", "3 extents that add up to " + all, sizes.length);
        }
        List<String> parts = b.addAll(new Split(2, 0), 3, projected, b.ints(sizes));
        String key = AttentionFormula.split(b, parts.get(1), heads);
        String value = AttentionFormula.split(b, parts.get(2), heads);
        if (b.has(past)) {
            key = b.concat(2, pastPart(b, past, 0), key);
            value = b.concat(2, pastPart(b, past, 1), value);
        }
        Heads qkv = new Heads(AttentionFormula.split(b, parts.get(0), heads), key, value);
        b.output(attend(b, qkv, scores(b, qkv, sizes[0] / heads, mask, addend)));
        if (b.wants(1)) {
            b.output(b.concat(0, b.unsqueeze(key, 0), b.unsqueeze(value, 0)));
        }
    }

    private static String pastPart(Body b, int past, long index) {
        return b.add(new Squeeze(), b.slice(b.operand(past), index, index + 1, 0), b.ints(0));
    }

    /// Inputs query `[batch, length, q]`, key `[batch, keys, q]` or `[batch, heads, keys, size]`, value likewise, bias?
    /// `[q + q + v]`, mask?, attention bias?, past key?, past value?; outputs y, present key?, present value?, scores?
    /// `[batch, heads, length, keys]` with what masks and biases add.
    private static void multiHead(Body b) {
        refuseOperand(b, 8, "past_sequence_length");
        refuseOperand(b, 9, "cache_indirection");
        if (b.rank(0) != 3 || !b.has(1) || !b.has(2) || b.rank(1) == 5) {
            throw new UnsupportedOperationException("packed queries, keys and values are not supported");
        }
        long heads = heads(b);
        long hidden = b.extent(0, 2);
        String query = biased(b, 0, 0, hidden);
        String key = b.rank(1) == 4 ? b.operand(1) : AttentionFormula.split(b, biased(b, 1, hidden, hidden), heads);
        String value =
                b.rank(2) == 4
                        ? b.operand(2)
                        : AttentionFormula.split(b, biased(b, 2, 2 * hidden, Integer.MAX_VALUE), heads);
        if (b.has(6)) {
            key = b.concat(2, b.operand(6), key);
            value = b.concat(2, b.operand(7), value);
        }
        Heads qkv = new Heads(AttentionFormula.split(b, query, heads), key, value);
        String scores = scores(b, qkv, hidden / heads, 4, b.operand(5));
        b.output(attend(b, qkv, scores));
        b.output(key);
        b.output(value);
        b.output(scores);
    }

    /// An operand with its part of the bias.
    private static String biased(Body b, int operand, long from, long count) {
        return b.has(3) ? b.plus(b.operand(operand), b.slice(b.operand(3), from, from + count, 0)) : b.operand(operand);
    }

    private static long heads(Body b) {
        long heads = b.attributes().getInt("num_heads", 0L);
        if (heads < 1) {
            throw Inference.mismatch("attribute num_heads", "at least 1", heads);
        }
        return heads;
    }

    private static void refuseOperand(Body b, int operand, String name) {
        if (b.has(operand)) {
            throw new UnsupportedOperationException("input " + operand + " (" + name + ") is not supported");
        }
    }

    private static void refuseAttribute(Body b, String name) {
        if (b.attributes().getBoolean(name, false)) {
            throw new UnsupportedOperationException("attribute " + name + " is not supported");
        }
    }

    private static String attend(Body b, Heads qkv, String scores) {
        String weights = b.add(new Softmax(-1, false, false), scores);
        return AttentionFormula.join(b, b.matMul(weights, qkv.value()));
    }

    private static String scores(Body b, Heads qkv, long size, int mask, String addend) {
        double scale = b.attributes().getFloat("scale", 0);
        double factor = scale != 0 ? scale : 1 / Math.sqrt(size);
        String scores = b.times(AttentionFormula.scores(b, qkv.query(), qkv.key()), b.scalar(DType.FLOAT32, factor));
        List<String> biases = new ArrayList<>();
        biases.add(b.has(mask) ? maskBias(b, mask, qkv.key()) : "");
        biases.add(b.attributes().getBoolean("unidirectional", false) ? causalBias(b, qkv) : "");
        biases.add(addend);
        String bias = AttentionFormula.sum(b, biases);
        return bias.isEmpty() ? scores : b.plus(scores, bias);
    }

    private static String causalBias(Body b, Heads qkv) {
        String allowed =
                AttentionFormula.predicate(
                        b,
                        BinaryFunction.LESS_OR_EQUAL,
                        AttentionFormula.keyPositions(b, qkv.key()),
                        AttentionFormula.trailingPositions(b, qkv.query(), qkv.key()));
        return AttentionFormula.bias(b, allowed, DType.FLOAT32, -Float.MAX_VALUE);
    }

    /// A mask is a number of keys for each sample, or numbers where they end and then where they begin, or 0 and 1 for
    /// each sample and key, or for each query as well.
    private static String maskBias(Body b, int mask, String key) {
        String given = b.operand(mask);
        double filtered = b.attributes().getFloat("mask_filter_value", -10000);
        String allowed =
                switch (b.rank(mask)) {
                    case 1 -> b.unsqueeze(withinLengths(b, mask, key), 1, 2);
                    case 2 -> b.unsqueeze(isPositive(b, given), 1, 2);
                    case 3 -> b.unsqueeze(isPositive(b, given), 1);
                    default ->
                            throw new UnsupportedOperationException(
                                    "a mask of " + b.rank(mask) + " axes is not supported");
                };
        return AttentionFormula.bias(b, allowed, DType.FLOAT32, filtered);
    }

    private static String isPositive(Body b, String mask) {
        return AttentionFormula.predicate(b, BinaryFunction.GREATER, mask, b.scalar(DType.INT32, 0));
    }

    private static String withinLengths(Body b, int mask, String key) {
        long batch = b.extent(0, 0);
        long count = b.extent(mask, 0);
        if (count != batch && count != 2 * batch) {
            throw Inference.mismatch("extent of the mask", batch + " or " + 2 * batch, count);
        }
        String positions = AttentionFormula.keyPositions(b, key);
        String bounds = b.cast(b.operand(mask), DType.INT64);
        String ends = b.unsqueeze(b.slice(bounds, 0, batch, 0), 1);
        String before = AttentionFormula.predicate(b, BinaryFunction.LESS, positions, ends);
        if (count == batch) {
            return before;
        }
        String starts = b.unsqueeze(b.slice(bounds, batch, count, 0), 1);
        String after = AttentionFormula.predicate(b, BinaryFunction.GREATER_OR_EQUAL, positions, starts);
        return AttentionFormula.predicate(b, BinaryFunction.AND, before, after);
    }
}
