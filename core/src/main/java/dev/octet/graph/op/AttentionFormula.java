package dev.octet.graph.op;

import dev.octet.tensor.DType;
import java.util.List;

/// Parts of which the attention operators are made.
final class AttentionFormula {
    private AttentionFormula() {}

    /// Queries, keys and values as `[batch, heads, length, size]`.
    record Heads(String query, String key, String value) {}

    /// `[batch, length, heads·size]` to `[batch, heads, length, size]`.
    static String split(Body b, String x, long heads) {
        return b.transpose(b.reshape(x, 0, 0, heads, -1), 0, 2, 1, 3);
    }

    /// `[batch, heads, length, size]` to `[batch, length, heads·size]`.
    static String join(Body b, String x) {
        return b.reshape(b.transpose(x, 0, 2, 1, 3), 0, 0, -1);
    }

    /// `Q·Kᵀ`, `[batch, heads, queries, keys]`.
    static String scores(Body b, String query, String key) {
        return b.matMul(query, b.transpose(key, 0, 1, 3, 2));
    }

    /// Positions of the queries among the keys as a column `[queries, 1]`, if the last query is at the last key.
    static String trailingPositions(Body b, String query, String key) {
        String queries = b.extentOf(query, 2);
        String before = b.add(new Binary(BinaryFunction.SUB), b.extentOf(key, 2), queries);
        return b.unsqueeze(b.plus(b.range(queries), before), 1);
    }

    /// Positions of the keys, `[keys]`.
    static String keyPositions(Body b, String key) {
        return b.range(b.extentOf(key, 2));
    }

    static String predicate(Body b, BinaryFunction function, String left, String right) {
        return b.add(new Binary(function), left, right);
    }

    /// 0 where allowed, else a number that Softmax makes next to nothing.
    static String bias(Body b, String allowed, DType dtype, double filtered) {
        return b.add(new Where(), allowed, b.scalar(dtype, 0), b.scalar(dtype, filtered));
    }

    /// The sum of what there is; empty if there is nothing.
    static String sum(Body b, List<String> summands) {
        String sum = "";
        for (String summand : summands) {
            sum = summand.isEmpty() ? sum : sum.isEmpty() ? summand : b.plus(sum, summand);
        }
        return sum;
    }
}
