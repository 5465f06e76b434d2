package dev.octet.graph.op;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// LinearAttention of the standard: a state matrix `[keys, values]` for each head that every token updates and reads.
///
/// Inputs query, key, value `[batch, length, heads·size]`, state? `[batch, heads, key size, value size]`, decay?,
/// update rate?; outputs y, state. It becomes a [Scan] over the tokens: `S ← exp(g)·S + k ⊗ Δ`, where `Δ` is `v`, or
/// `β·(v − Sᵀk)` by the delta rule, and `y = scale·qᵀS`.
final class LinearAttention {
    static final List<Composition> ALL = List.of(Composition.of("", "LinearAttention", 27, LinearAttention::write));

    private static final int STATE = 3;
    private static final int DECAY = 4;
    private static final int RATE = 5;

    private final Body b;
    private final DType dtype;
    private final boolean gated;
    private final boolean delta;
    private final long queryHeads;
    private final long heads;
    private final long keySize;
    private final double scale;

    private LinearAttention(Body b) {
        this.b = b;
        dtype = b.dtype(0) == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
        String rule = b.attributes().getString("update_rule", "gated_delta");
        if (!List.of("linear", "gated", "delta", "gated_delta").contains(rule)) {
            throw Inference.mismatch("attribute update_rule", "linear, gated, delta or gated_delta", rule);
        }
        gated = rule.startsWith("gated");
        delta = rule.endsWith("delta");
        if (b.rank(0) != 3 || b.rank(1) != 3 || b.rank(2) != 3) {
            throw Inference.mismatch(
                    "rank of query, key and value", 3, b.rank(0) + ", " + b.rank(1) + ", " + b.rank(2));
        }
        queryHeads = b.attributes().getInt("q_num_heads", 0L);
        heads = b.attributes().getInt("kv_num_heads", 0L);
        if (heads < 1 || queryHeads < heads || queryHeads % heads != 0) {
            throw Inference.mismatch("attribute q_num_heads", "a multiple of kv_num_heads = " + heads, queryHeads);
        }
        keySize = b.extent(0, 2) / queryHeads;
        double given = b.attributes().getFloat("scale", 0);
        scale = given == 0 ? 1 / Math.sqrt(keySize) : given;
    }

    private static void write(Body b) {
        new LinearAttention(b).write();
    }

    private void write() {
        List<String> operands = new ArrayList<>();
        operands.add(state());
        operands.add(tokens(0, heads, queryHeads / heads, keySize));
        operands.add(tokens(1, heads, 1, keySize));
        operands.add(tokens(2, heads, 1, -1));
        if (gated) {
            operands.add(tokens(DECAY, heads, -1, 1));
        }
        if (delta) {
            operands.add(tokens(RATE, -1, 1, 1));
        }
        Scan scan = new Scan(body(), operands.size() - 1, List.of(), List.of(), List.of(), List.of());
        List<String> results = b.addAll(scan, 2, operands.toArray(String[]::new));
        String y = b.reshape(b.transpose(results.get(1), 1, 0, 2, 3, 4), 0, 0, -1);
        b.output(b.dtype(0) == dtype ? y : b.cast(y, b.dtype(0)));
        DType stateType = b.has(STATE) ? b.dtype(STATE) : b.dtype(0);
        b.output(stateType == dtype ? results.get(0) : b.cast(results.get(0), stateType));
    }

    private String state() {
        if (b.has(STATE)) {
            return computed(STATE);
        }
        long valueSize = b.extent(2, 2) / heads;
        return b.constant(Tensor.allocate(dtype, Shape.of(b.extent(0, 0), heads, keySize, valueSize)));
    }

    private String computed(int operand) {
        return b.dtype(operand) == dtype ? b.operand(operand) : b.cast(b.operand(operand), dtype);
    }

    /// An operand as `[length, batch, heads, rows, columns]`.
    private String tokens(int operand, long ofHeads, long rows, long columns) {
        return b.transpose(b.reshape(computed(operand), 0, 0, ofHeads, rows, columns), 1, 0, 2, 3, 4);
    }

    /// One token: state, `q [batch, heads, group, keys]`, `k [.., 1, keys]`, `v [.., 1, values]`, decay, rate.
    private Graph body() {
        GraphBuilder g = new GraphBuilder("token");
        Binary mul = new Binary(BinaryFunction.MUL);
        String state = input(g, "state");
        String q = input(g, "q");
        String k = input(g, "k");
        String update = input(g, "v");
        if (gated) {
            state = g.add(mul, state, g.add(Unary.of(UnaryFunction.EXP), input(g, "decay")));
        }
        if (delta) {
            String difference = g.add(new Binary(BinaryFunction.SUB), update, g.add(new MatMul(), k, state));
            update = g.add(mul, difference, input(g, "rate"));
        }
        String column = g.add(new Transpose(List.of(0L, 1L, 3L, 2L)), k);
        state = g.add(new Binary(BinaryFunction.ADD), state, g.add(new MatMul(), column, update));
        String read = g.add(new MatMul(), q, state);
        String y = g.add(mul, read, g.freshConstant("scale", Tensor.scalar(dtype, scale)));
        output(g, state);
        output(g, y);
        return g.build();
    }

    private String input(GraphBuilder g, String name) {
        return g.input(name, dtype, PartialShape.ofRank(4));
    }

    private void output(GraphBuilder g, String name) {
        g.output(new ValueInfo(name, new TypeInfo(dtype, PartialShape.ofRank(4))));
    }
}
