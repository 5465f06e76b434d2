package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.RecurrentOptions;
import dev.octet.graph.op.RecurrentOptions.Direction;
import dev.octet.graph.op.Rnn;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// LSTM, GRU and RNN with their default activations, step by step, so that gradients go back through time.
///
/// Operands and results as ONNX has them; lengths of sequences, peepholes and clipping are not trained.
final class Recurrent implements TrainingOp {
    private static final int BIAS = 3;
    private static final int FIRST_STATE = 5;

    /// From what the gates get of the input, what they get of the state, and the states, to the new states.
    private interface Cell {
        List<NDArray> step(NDArray ofInput, NDArray ofState, List<NDArray> states, Direct weights);
    }

    /// Weights of one direction.
    ///
    /// @param recurrent `[gates·hidden, hidden]`
    private record Direct(NDArray recurrent, NDArray recurrentBias, int hidden) {
        NDArray gate(NDArray gates, int index) {
            return gates.get(new NDIndex(":, {}:{}", (long) index * hidden, (index + 1L) * hidden));
        }
    }

    private final RecurrentOptions options;
    private final int gates;
    private final int stateCount;
    private final Cell cell;

    private Recurrent(RecurrentOptions options, int gates, int stateCount, Cell cell) {
        this.options = options;
        this.gates = gates;
        this.stateCount = stateCount;
        this.cell = cell;
    }

    static @Nullable TrainingOp of(Lstm op) {
        boolean plain = isDefault(op.options(), List.of("sigmoid", "tanh", "tanh")) && !op.coupled();
        return plain ? new Recurrent(op.options(), 4, 2, Recurrent::lstm) : null;
    }

    static @Nullable TrainingOp of(Gru op) {
        boolean plain = isDefault(op.options(), List.of("sigmoid", "tanh"));
        return plain ? new Recurrent(op.options(), 3, 1, (x, h, s, w) -> gru(x, h, s, w, op)) : null;
    }

    static @Nullable TrainingOp of(Rnn op) {
        return isDefault(op.options(), List.of("tanh"))
                ? new Recurrent(op.options(), 1, 1, (x, h, _, _) -> List.of(x.add(h).tanh()))
                : null;
    }

    private static boolean isDefault(RecurrentOptions options, List<String> names) {
        for (int i = 0; i < options.activations().size(); i++) {
            if (!options.activations().get(i).toLowerCase(Locale.ROOT).equals(names.get(i % names.size()))) {
                return false;
            }
        }
        return options.clip() == 0;
    }

    private static List<NDArray> lstm(NDArray x, NDArray h, List<NDArray> states, Direct w) {
        NDArray sums = x.add(h);
        NDArray in = sigmoid(w.gate(sums, 0));
        NDArray out = sigmoid(w.gate(sums, 1));
        NDArray forget = sigmoid(w.gate(sums, 2));
        NDArray next = forget.mul(states.get(1)).add(in.mul(w.gate(sums, 3).tanh()));
        return List.of(out.mul(next.tanh()), next);
    }

    private static List<NDArray> gru(NDArray x, NDArray h, List<NDArray> states, Direct w, Gru op) {
        NDArray state = states.getFirst();
        NDArray update = sigmoid(w.gate(x, 0).add(w.gate(h, 0)));
        NDArray reset = sigmoid(w.gate(x, 1).add(w.gate(h, 1)));
        NDArray proposed;
        if (op.linearBeforeReset()) {
            proposed = reset.mul(w.gate(h, 2));
        } else {
            long from = 2L * w.hidden();
            NDArray rows = w.recurrent().get(new NDIndex("{}:{}, :", from, from + w.hidden()));
            NDArray bias = w.recurrentBias().get(new NDIndex("{}:{}", from, from + w.hidden()));
            proposed = reset.mul(state).matMul(rows.transpose(1, 0)).add(bias);
        }
        NDArray candidate = w.gate(x, 2).add(proposed).tanh();
        // (1 − z)·n + z·h
        return List.of(candidate.add(update.mul(state.sub(candidate))));
    }

    private static NDArray sigmoid(NDArray x) {
        return x.getNDArrayInternal().sigmoid();
    }

    @Override
    public void run(NodeRun run) {
        if (run.has(FIRST_STATE - 1) || run.has(FIRST_STATE + stateCount)) {
            throw new IllegalArgumentException("lengths of sequences and peepholes cannot be trained");
        }
        // Steps first from here on.
        NDArray x = options.batchFirst() ? run.array(0).swapAxes(0, 1) : run.array(0);
        NDList sequences = new NDList();
        NDList[] last = new NDList[stateCount];
        for (int i = 0; i < stateCount; i++) {
            last[i] = new NDList();
        }
        for (int direction = 0; direction < options.direction().count(); direction++) {
            boolean reverse = options.direction() == Direction.REVERSE || direction == 1;
            List<NDArray> states = initial(run, x, direction);
            sequences.add(unroll(run, x, direction, reverse, states, last));
        }
        NDArray y = NDArrays.stack(sequences, 1);
        run.result(0, options.batchFirst() ? y.transpose(2, 0, 1, 3) : y);
        for (int i = 0; i < stateCount && i + 1 < run.resultCount(); i++) {
            NDArray state = NDArrays.stack(last[i], 0);
            run.result(i + 1, options.batchFirst() ? state.swapAxes(0, 1) : state);
        }
    }

    private List<NDArray> initial(NodeRun run, NDArray x, int direction) {
        long hidden = run.array(2).getShape().get(2);
        java.util.ArrayList<NDArray> states = new java.util.ArrayList<>();
        for (int i = 0; i < stateCount; i++) {
            if (run.has(FIRST_STATE + i)) {
                NDArray given = run.array(FIRST_STATE + i);
                states.add((options.batchFirst() ? given.swapAxes(0, 1) : given).get(direction));
            } else {
                states.add(run.manager().zeros(new Shape(x.getShape().get(1), hidden), DataType.FLOAT32));
            }
        }
        return states;
    }

    /// The hidden states of all steps `[steps, batch, hidden]`; the last states are added to `last`.
    private NDArray unroll(
            NodeRun run, NDArray x, int direction, boolean reverse, List<NDArray> initial, NDList[] last) {
        NDArray weights = run.array(1).get(direction);
        NDArray recurrent = run.array(2).get(direction);
        int hidden = (int) recurrent.getShape().get(1);
        long rows = (long) gates * hidden;
        NDArray bias = run.has(BIAS) ? run.array(BIAS).get(direction) : run.manager().zeros(new Shape(2 * rows));
        NDArray recurrentBias = bias.get(new NDIndex("{}:{}", rows, 2 * rows));
        Direct direct = new Direct(recurrent, recurrentBias, hidden);
        NDArray ofInputs = x.matMul(weights.transpose(1, 0)).add(bias.get(new NDIndex("0:{}", rows)));
        NDArray transposed = recurrent.transpose(1, 0);
        int steps = (int) x.getShape().get(0);
        NDArray[] sequence = new NDArray[steps];
        List<NDArray> states = initial;
        for (int i = 0; i < steps; i++) {
            int step = reverse ? steps - 1 - i : i;
            NDArray ofState = states.getFirst().matMul(transposed).add(recurrentBias);
            states = cell.step(ofInputs.get(step), ofState, states, direct);
            sequence[step] = states.getFirst();
        }
        for (int i = 0; i < stateCount; i++) {
            last[i].add(states.get(i));
        }
        return NDArrays.stack(new NDList(sequence), 0);
    }
}
