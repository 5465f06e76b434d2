package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.op.AttentionFormula.Heads;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;

/// Attention of the standard, opset 23 on ("Attention", with the windows of opset 25).
///
/// Inputs query, key, value, each `[batch, heads, length, size]` or `[batch, length, heads·size]`, mask?, past key?,
/// past value?, number of keys that count? `[batch]`; outputs y, present key?, present value?, scores?. Values and a
/// mask of numbers may be of other types than the queries, in whose type everything is computed.
final class StandardAttention {
    static final List<Composition> ALL = List.of(Composition.of("", "Attention", 23, StandardAttention::write));

    private static final int MASK = 3;
    private static final int PAST = 4;
    private static final int COUNTS = 6;

    private final Body b;
    private final DType dtype;

    private StandardAttention(Body b) {
        this.b = b;
        dtype = b.dtype(0);
    }

    private static void write(Body b) {
        new StandardAttention(b).write();
    }

    private void write() {
        boolean flat = b.rank(0) == 3;
        long queryHeads = flat ? b.attributes().getInt("q_num_heads", 1L) : b.extent(0, 1);
        long keyHeads = flat ? b.attributes().getInt("kv_num_heads", 1L) : b.extent(1, 1);
        if (queryHeads < 1 || keyHeads < 1) {
            throw Inference.mismatch(
                    "heads of queries and of keys", "at least 1 of each", queryHeads + " and " + keyHeads);
        }
        long size = b.extent(0, flat ? 2 : 3) / (flat ? queryHeads : 1);
        long valueSize = b.extent(2, flat ? 2 : 3) / (flat ? keyHeads : 1);
        String query = flat ? AttentionFormula.split(b, b.operand(0), queryHeads) : b.operand(0);
        String key = flat ? AttentionFormula.split(b, b.operand(1), keyHeads) : b.operand(1);
        String value = flat ? AttentionFormula.split(b, b.operand(2), keyHeads) : b.operand(2);
        if (b.has(PAST)) {
            key = b.concat(2, b.operand(PAST), key);
            value = b.concat(2, b.operand(PAST + 1), value);
        }
        long group = queryHeads / keyHeads;
        Heads qkv =
                new Heads(
                        query,
                        repeated(key, group, queryHeads, size),
                        b.as(dtype, repeated(value, group, queryHeads, valueSize), b.dtype(2)));
        double scale = b.attributes().getFloat("scale", 0);
        Weights weights = weights(qkv, scale != 0 ? scale : 1 / Math.sqrt(size));
        String y = b.matMul(weights.weights(), qkv.value());
        b.output(flat ? AttentionFormula.join(b, y) : y);
        b.output(key);
        b.output(value);
        b.output(weights.shown());
    }

    /// Each head of keys and values serves a group of query heads.
    private String repeated(String x, long group, long heads, long size) {
        if (group == 1) {
            return x;
        }
        String expanded = b.add(new Expand(), b.unsqueeze(x, 2), b.ints(1, 1, group, 1, 1));
        return b.reshape(expanded, 0, heads, -1, size);
    }

    /// @param shown what the fourth output is
    private record Weights(String weights, String shown) {}

    private Weights weights(Heads qkv, double scale) {
        String root = b.scalar(dtype, Math.sqrt(scale));
        String scores = AttentionFormula.scores(b, b.times(qkv.query(), root), b.times(qkv.key(), root));
        String capped = capped(scores);
        String allowed = allowed(qkv);
        String bias =
                AttentionFormula.sum(
                        b,
                        List.of(
                                allowed.isEmpty()
                                        ? ""
                                        : AttentionFormula.bias(b, allowed, dtype, Double.NEGATIVE_INFINITY),
                                b.has(MASK) && b.dtype(MASK) != DType.BOOL
                                        ? padded(qkv.key(), dtype, Double.NEGATIVE_INFINITY)
                                        : ""));
        String biased = bias.isEmpty() ? capped : b.plus(capped, bias);
        String weights = bias.isEmpty() ? softmax(biased) : withoutFullyMasked(biased, softmax(biased));
        String shown =
                switch (b.attributes().getInt("qk_matmul_output_mode", 0)) {
                    case 0 -> scores;
                    case 1 -> capped;
                    case 2 -> biased;
                    default -> weights;
                };
        return new Weights(weights, shown);
    }

    private String capped(String scores) {
        float cap = b.attributes().getFloat("softcap", 0);
        if (cap == 0) {
            return scores;
        }
        String bound = b.scalar(dtype, cap);
        return b.times(
                b.add(Unary.of(UnaryFunction.TANH), b.add(new Binary(BinaryFunction.DIV), scores, bound)), bound);
    }

    private String softmax(String scores) {
        int precision = b.attributes().getInt("softmax_precision", 0);
        DType type = precision == 0 ? dtype : OnnxTypes.dtype(precision);
        String x = type == dtype ? scores : b.cast(scores, type);
        String y = b.add(new Softmax(-1, false, false), x);
        return type == dtype ? y : b.cast(y, dtype);
    }

    /// A query that may see no key gets zeros.
    private String withoutFullyMasked(String scores, String weights) {
        String highest = b.add(new Reduce(ReduceFunction.MAX, true, false), scores, b.ints(-1));
        String none = b.scalar(dtype, Double.NEGATIVE_INFINITY);
        String masked = AttentionFormula.predicate(b, BinaryFunction.EQUAL, highest, none);
        return b.add(new Where(), masked, b.scalar(dtype, 0), weights);
    }

    /// Which keys a query may see by its position and by a mask of truth values; empty if it may see all.
    private String allowed(Heads qkv) {
        String keys = AttentionFormula.keyPositions(b, qkv.key());
        String position = position(qkv);
        String allowed = "";
        if (b.has(COUNTS)) {
            String counts = b.unsqueeze(b.operand(COUNTS), 1, 2, 3);
            allowed = AttentionFormula.predicate(b, BinaryFunction.LESS, keys, counts);
        }
        if (b.attributes().getBoolean("is_causal", false)) {
            allowed = and(allowed, AttentionFormula.predicate(b, BinaryFunction.LESS_OR_EQUAL, keys, position));
        }
        long left = b.attributes().getInt("left_window_size", -1L);
        if (left >= 0) {
            String first = b.plus(position, b.constant(Tensor.scalar(-left)));
            allowed = and(allowed, AttentionFormula.predicate(b, BinaryFunction.GREATER_OR_EQUAL, keys, first));
        }
        long right = b.attributes().getInt("right_window_size", -1L);
        if (right >= 0) {
            String last = b.plus(position, b.constant(Tensor.scalar(right)));
            allowed = and(allowed, AttentionFormula.predicate(b, BinaryFunction.LESS_OR_EQUAL, keys, last));
        }
        return b.has(MASK) && b.dtype(MASK) == DType.BOOL ? and(allowed, padded(qkv.key(), DType.BOOL, 0)) : allowed;
    }

    /// Position of each query among the keys, `[queries, 1]` or `[batch, 1, queries, 1]`.
    private String position(Heads qkv) {
        String queries = b.unsqueeze(b.range(b.extentOf(qkv.query(), 2)), 1);
        if (b.has(PAST)) {
            return b.plus(queries, b.extentOf(b.operand(PAST), 2));
        }
        if (!b.has(COUNTS)) {
            return queries;
        }
        String before =
                b.add(
                        new Binary(BinaryFunction.SUB),
                        b.unsqueeze(b.operand(COUNTS), 1, 2, 3),
                        b.extentOf(qkv.query(), 2));
        return b.plus(queries, before);
    }

    private String and(String a, String other) {
        return a.isEmpty() ? other : AttentionFormula.predicate(b, BinaryFunction.AND, a, other);
    }

    /// The mask; one for fewer keys than there are goes on with what shuts them off.
    private String padded(String key, DType type, double shut) {
        String mask = b.as(type, b.operand(MASK), b.dtype(MASK));
        long last = b.shape(MASK).size(-1);
        if (last == 1 || last < 0 || last == b.shape(1).size(2) && b.rank(1) == 4 && !b.has(PAST)) {
            return mask;
        }
        String missing = b.add(new Binary(BinaryFunction.SUB), b.extentOf(key, 2), b.extentOf(mask, b.rank(MASK) - 1));
        String pads = b.concat(0, b.ints(0), b.unsqueeze(missing, 0));
        return b.add(Pad.of(Attributes.EMPTY), mask, pads, b.scalar(type, shut), b.ints(-1));
    }
}
