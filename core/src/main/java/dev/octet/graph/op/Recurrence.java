package dev.octet.graph.op;

import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What LSTM, GRU and RNN share: the shapes, and the walk over directions, samples and steps.
///
/// Operands x `[steps, batch, inputs]`, W `[directions, gates·hidden, inputs]`, R `[directions, gates·hidden, hidden]`,
/// B? `[directions, 2·gates·hidden]`, sequence lengths? `[batch]` (INT32), initial states? `[directions, batch,
/// hidden]`; results Y? `[steps, directions, batch, hidden]` and the last states?. With `batchFirst` the batch is the
/// first axis of x, Y and the states.
///
/// Steps from a sequence's length on are not taken: Y is 0 there, and the last state is that of the last step taken.
final class Recurrence {
    private static final int SEQUENCE_LENGTHS = 4;
    private static final int FIRST_STATE = 5;

    /// Inputs behind the last that is of the type of x.
    private static final int LAST_FLOAT = 8;

    /// What an operator does at a step: from `W·x + Wb` and the states to the new states.
    interface Cell {
        /// @param projected `[gates·hidden]`
        /// @param states the hidden state, then the operator's further ones; replaced by the new ones
        void step(double[] projected, double[][] states);
    }

    /// Makes the cell of a direction.
    interface Cells {
        Cell of(RecurrentWeights weights, int direction);
    }

    private final RecurrentOptions options;
    private final List<@Nullable Tensor> inputs;
    private final List<Tensor> outputs;
    private final Tensor x;
    private final int steps;
    private final int batch;
    private final int inputSize;
    private final int hidden;

    private Recurrence(RecurrentOptions options, List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        this.options = options;
        this.inputs = inputs;
        this.outputs = outputs;
        x = Operands.get(inputs, 0);
        steps = Extents.arrayLength(x.shape().dim(options.batchFirst() ? 1 : 0));
        batch = Extents.arrayLength(x.shape().dim(options.batchFirst() ? 0 : 1));
        inputSize = Extents.arrayLength(x.shape().dim(2));
        hidden = Extents.arrayLength(Operands.get(inputs, 2).shape().dim(2));
    }

    /// @param gates how many rows of weights a hidden element has
    /// @param states how many states there are: results after Y, and operands from the sixth on
    static void infer(Inference inference, RecurrentOptions options, int gates, int states) {
        DType dtype = Operands.require(inference, 0, "X", Operands.FLOATING);
        inference.type(1);
        inference.type(2);
        Operands.requireSame(inference, 1, "input 1", dtype);
        Operands.requireSame(inference, 2, "input 2", dtype);
        infer(inference, options, gates, states, ranked(inference, 1, "W", 3), ranked(inference, 2, "R", 3));
    }

    /// The same for weights of any type and order.
    ///
    /// @param input shape of W `[directions, gates·hidden, inputs]`
    /// @param recurrent shape of R `[directions, gates·hidden, hidden]`
    static void infer(
            Inference inference,
            RecurrentOptions options,
            int gates,
            int states,
            PartialShape input,
            PartialShape recurrent) {
        DType dtype = Operands.require(inference, 0, "X", Operands.FLOATING);
        for (int i = 3; i < Math.min(LAST_FLOAT, inference.inputCount()); i++) {
            Operands.requireSame(inference, i, "input " + i, i == SEQUENCE_LENGTHS ? DType.INT32 : dtype);
        }
        boolean batchFirst = options.batchFirst();
        PartialShape shape = ranked(inference, 0, "X", 3);
        Dim steps = shape.dim(batchFirst ? 1 : 0);
        Dim directions = Dim.of(options.direction().count());
        Dim hidden = options.hiddenSize() > 0 ? Dim.of(options.hiddenSize()) : Dim.UNKNOWN;
        hidden = Extents.unify(hidden, recurrent.dim(2), "hidden size");
        Dim rows = Extents.multiply(Dim.of(gates), hidden);
        require(recurrent, "R", directions, rows, hidden);
        require(input, "W", directions, rows, shape.dim(2));
        require(ranked(inference, 3, "B", 2), "B", directions, Extents.multiply(Dim.of(2), rows));
        Dim batch = shape.dim(batchFirst ? 0 : 1);
        batch = Operands.requireVector(inference, SEQUENCE_LENGTHS, "sequence_lens", batch);
        PartialShape state =
                new PartialShape(batchFirst ? List.of(batch, directions, hidden) : List.of(directions, batch, hidden));
        inference.output(
                0,
                dtype,
                new PartialShape(
                        batchFirst
                                ? List.of(batch, steps, directions, hidden)
                                : List.of(steps, directions, batch, hidden)));
        for (int i = 0; i < states; i++) {
            require(ranked(inference, FIRST_STATE + i, "initial state", 3), "initial state", state.dims());
            inference.output(1 + i, dtype, state);
        }
    }

    /// Shape of an operand that must have that many axes, all unknown if it is absent.
    static PartialShape ranked(Inference inference, int input, String name, int rank) {
        PartialShape shape = inference.has(input) ? inference.shape(input) : null;
        if (shape == null) {
            return PartialShape.ofRank(rank);
        }
        if (shape.rank() != rank) {
            throw Inference.mismatch("rank of " + name, rank, shape.rank());
        }
        return shape;
    }

    /// @param hidden extent of the hidden state
    static void requirePeepholes(Inference inference, int input, RecurrentOptions options, Dim hidden, int gates) {
        require(
                ranked(inference, input, "P", 2),
                "P",
                Dim.of(options.direction().count()),
                Extents.multiply(Dim.of(gates), hidden));
    }

    private static void require(PartialShape shape, String name, Dim... dims) {
        require(shape, name, List.of(dims));
    }

    private static void require(PartialShape shape, String name, List<Dim> dims) {
        for (int axis = 0; axis < dims.size(); axis++) {
            Extents.unify(dims.get(axis), shape.dim(axis), "extent of axis " + axis + " of " + name);
        }
    }

    static void evaluate(
            RecurrentOptions options, Cells cells, int states, List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Recurrence recurrence = new Recurrence(options, inputs, outputs);
        outputs.get(0).data().fill((byte) 0);
        for (int direction = 0; direction < options.direction().count(); direction++) {
            RecurrentWeights weights = RecurrentWeights.of(inputs, direction);
            Cell cell = cells.of(weights, direction);
            for (int sample = 0; sample < recurrence.batch; sample++) {
                recurrence.run(direction, sample, weights, cell, states);
            }
        }
    }

    private void run(int direction, int sample, RecurrentWeights weights, Cell cell, int stateCount) {
        long stateRow =
                options.batchFirst()
                        ? (long) sample * options.direction().count() + direction
                        : (long) direction * batch + sample;
        double[][] states = new double[stateCount][];
        for (int i = 0; i < stateCount; i++) {
            states[i] = RecurrentWeights.row(Operands.find(inputs, FIRST_STATE + i), stateRow, hidden);
        }
        int length = length(sample);
        for (int i = 0; i < length; i++) {
            int step = options.direction().isReverse(direction) ? length - 1 - i : i;
            double[] input = RecurrentWeights.row(x, inputRow(step, sample), inputSize);
            cell.step(weights.ofInput(input), states);
            Elements.write(states[0], outputs.get(0), outputRow(step, direction, sample) * hidden, hidden);
        }
        for (int i = 0; i < stateCount && i + 1 < outputs.size(); i++) {
            Elements.write(states[i], outputs.get(i + 1), stateRow * hidden, hidden);
        }
    }

    private int length(int sample) {
        Tensor lengths = Operands.find(inputs, SEQUENCE_LENGTHS);
        int length = lengths == null ? steps : lengths.getInt(sample);
        if (length < 0 || length > steps) {
            throw Inference.mismatch("length of sequence " + sample, "0 to " + steps, length);
        }
        return length;
    }

    private long inputRow(long step, int sample) {
        return options.batchFirst() ? (long) sample * steps + step : step * batch + sample;
    }

    private long outputRow(long step, int direction, int sample) {
        int directions = options.direction().count();
        return options.batchFirst()
                ? ((long) sample * steps + step) * directions + direction
                : (step * directions + direction) * batch + sample;
    }
}
