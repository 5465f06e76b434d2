package dev.octet.engine.operator;

import dev.octet.engine.operator.QuantizedRecurrentProduct.Rounded;
import dev.octet.engine.operator.RecurrentProgram.Direction;
import dev.octet.engine.operator.RecurrentProgram.Part;
import dev.octet.engine.operator.RecurrentProgram.Place;
import dev.octet.engine.operator.RecurrentProgram.Slice;
import dev.octet.formula.Formula;
import dev.octet.graph.Node;
import dev.octet.graph.op.DynamicQuantizeLstm;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.RecurrentOptions;
import dev.octet.graph.op.Rnn;
import dev.octet.kernels.KernelSpec.Chain;
import dev.octet.kernels.KernelSpec.ChainOperand;
import dev.octet.kernels.Layout;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Recurrent operators as kernels: products of x with its weights over all steps at once, and for each step a product
/// of the state and a formula for each sample.
public final class RecurrentOperators {
    private static final int LENGTHS = 4;
    private static final int PEEPHOLES = 7;

    private final Site site;
    private final RecurrentOptions options;
    private final int steps;
    private final int batch;
    private final int hidden;
    private long scratch;

    private RecurrentOperators(Site site, RecurrentOptions options) {
        this.site = site;
        this.options = options;
        steps = Math.toIntExact(site.shape(0).dim(0));
        batch = Math.toIntExact(site.shape(0).dim(1));
        hidden = Math.toIntExact(site.outputShape().dim(3));
    }

    /// The kernels of a node of FLOAT32 with constant weights, steps as the first axis and sequences of full length;
    /// empty for any other node.
    public static Optional<RecurrentProgram> of(Node node, Values values) {
        RecurrentOptions options =
                switch (node.op()) {
                    case Lstm op -> op.options();
                    case Gru op -> op.options();
                    case Rnn op -> op.options();
                    case DynamicQuantizeLstm op -> op.lstm().options();
                    default -> null;
                };
        Site site = new Site(node, Tail.NONE, values, Layout.CHANNELS_FIRST);
        if (options == null || options.batchFirst() || !site.isFloat(0) || !hasConstants(site)) {
            return Optional.empty();
        }
        boolean small = site.outputShape().elementCount() <= Integer.MAX_VALUE / 32;
        if (!small || site.outputShape().elementCount() == 0 || site.shape(0).elementCount() == 0) {
            return Optional.empty();
        }
        return Optional.ofNullable(new RecurrentOperators(site, options).program());
    }

    private static boolean hasConstants(Site site) {
        for (int i = 1; i < site.node().inputs().size(); i++) {
            boolean state = i == 5 || i == 6;
            if (site.isVariable(i) && !state) {
                return false;
            }
        }
        Tensor lengths = site.constant(LENGTHS);
        long steps = site.shape(0).dim(0);
        return lengths == null || Arrays.stream(lengths.toLongArray()).allMatch(length -> length == steps);
    }

    private @Nullable RecurrentProgram program() {
        List<Direction> directions = new ArrayList<>();
        int states = site.node().op() instanceof Gru || site.node().op() instanceof Rnn ? 1 : 2;
        long most = 0;
        for (int d = 0; d < options.direction().count(); d++) {
            scratch = 0;
            Direction direction =
                    switch (site.node().op()) {
                        case Lstm op -> lstm(op, d);
                        case DynamicQuantizeLstm op -> quantizedLstm(op.lstm(), d);
                        case Gru op -> gru(op, d);
                        case Rnn op -> rnn(op, d);
                        default -> throw new IllegalStateException(site.node() + " is not recurrent");
                    };
            if (direction == null) {
                return null;
            }
            directions.add(direction);
            // Directions follow each other, so they share their memory.
            most = Math.max(most, scratch);
        }
        List<String> initial = new ArrayList<>();
        for (int i = 0; i < states; i++) {
            initial.add(site.has(5 + i) ? site.name(5 + i) : "");
        }
        return new RecurrentProgram(steps, stateBytes(), states, most, initial, directions);
    }

    private long stateBytes() {
        return 4L * batch * hidden;
    }

    private Slice take(long bytes) {
        Slice slice = Slice.scratch(scratch, bytes);
        scratch += Math.ceilDiv(bytes, Tensor.ALIGNMENT) * Tensor.ALIGNMENT;
        return slice;
    }

    private @Nullable Direction lstm(Lstm op, int direction) {
        Formula cell = op.cell(direction, 1, site.has(PEEPHOLES)).orElse(null);
        if (cell == null) {
            return null;
        }
        RecurrentProduct products = new RecurrentProduct(site, direction, 4 * hidden);
        Slice projected = take(4L * steps * batch * 4 * hidden);
        Slice sums = take(4L * batch * 4 * hidden);
        Slice atStep = atStep(projected, 4);
        List<Part> step = new ArrayList<>();
        step.add(products.ofState(0, 4 * hidden, false, batch, before(), List.of(atStep), sums));
        Chain chain = lstmCell(cell, direction);
        for (int sample = 0; sample < batch; sample++) {
            List<Slice> inputs = new ArrayList<>(gates(sums, sample, 4));
            inputs.add(state(Place.CELL_BEFORE, sample));
            step.add(lstmCell(chain, inputs, sample));
        }
        return new Direction(isReverse(direction), products.ofInput(steps * batch, true, projected), step);
    }

    /// Products in 8 bits; what x gives is added by the formula.
    private @Nullable Direction quantizedLstm(Lstm op, int direction) {
        Formula cell = op.cell(direction, 2, site.has(PEEPHOLES)).orElse(null);
        if (cell == null) {
            return null;
        }
        QuantizedRecurrentProduct products = new QuantizedRecurrentProduct(site, direction, 4 * hidden);
        Slice projected = take(4L * steps * batch * 4 * hidden);
        Slice sums = take(4L * batch * 4 * hidden);
        Rounded rounded = new Rounded(take(site.shape(0).elementCount()), take(Float.BYTES), take(1));
        List<Part> before = products.ofInput(steps * batch, rounded, projected);
        Rounded state = new Rounded(take(hidden), rounded.scale(), rounded.zeroPoint());
        List<Slice> states = new ArrayList<>();
        for (int sample = 0; sample < batch; sample++) {
            states.add(state(Place.HIDDEN_BEFORE, sample));
        }
        List<List<Part>> ofStates = products.ofStates(states, state, sums);
        Chain chain = lstmCell(cell, direction);
        List<Part> step = new ArrayList<>();
        for (int sample = 0; sample < batch; sample++) {
            step.addAll(ofStates.get(sample));
            List<Slice> inputs = new ArrayList<>(gates(sums, sample, 4));
            inputs.addAll(gates(atStep(projected, 4), sample, 4));
            inputs.add(state(Place.CELL_BEFORE, sample));
            step.add(lstmCell(chain, inputs, sample));
        }
        return new Direction(isReverse(direction), before, step);
    }

    private Chain lstmCell(Formula cell, int direction) {
        List<Tensor> constants = new ArrayList<>();
        Tensor peepholes = site.constant(PEEPHOLES);
        for (int i = 0; peepholes != null && i < 3; i++) {
            constants.add(RecurrentProduct.slice(peepholes, (3L * direction + i) * hidden, Shape.of(hidden)));
        }
        return chain(cell, constants);
    }

    private Part lstmCell(Chain cell, List<Slice> inputs, int sample) {
        return new Part(cell, inputs, List.of(state(Place.HIDDEN_AFTER, sample), state(Place.CELL_AFTER, sample)));
    }

    private @Nullable Direction rnn(Rnn op, int direction) {
        Formula cell = op.cell(direction).orElse(null);
        if (cell == null) {
            return null;
        }
        RecurrentProduct products = new RecurrentProduct(site, direction, hidden);
        Slice projected = take(4L * steps * batch * hidden);
        Slice sums = take(stateBytes());
        Chain chain = chain(cell);
        List<Part> step = new ArrayList<>();
        step.add(products.ofState(0, hidden, false, batch, before(), List.of(), sums));
        for (int sample = 0; sample < batch; sample++) {
            List<Slice> inputs = new ArrayList<>(gates(atStep(projected, 1), sample, 1));
            inputs.addAll(gates(sums, sample, 1));
            step.add(new Part(chain, inputs, List.of(state(Place.HIDDEN_AFTER, sample))));
        }
        return new Direction(isReverse(direction), products.ofInput(steps * batch, true, projected), step);
    }

    private @Nullable Direction gru(Gru op, int direction) {
        RecurrentProduct products = new RecurrentProduct(site, direction, 3 * hidden);
        Slice projected = take(4L * steps * batch * 3 * hidden);
        List<Part> step =
                op.linearBeforeReset()
                        ? resetProduct(op, direction, products, projected)
                        : resetState(op, direction, products, projected);
        return step == null
                ? null
                : new Direction(
                        isReverse(direction),
                        products.ofInput(steps * batch, !op.linearBeforeReset(), projected),
                        step);
    }

    private @Nullable List<Part> resetProduct(Gru op, int direction, RecurrentProduct products, Slice projected) {
        Formula cell = op.cell(direction).orElse(null);
        if (cell == null) {
            return null;
        }
        Slice sums = take(3 * stateBytes());
        Chain chain = chain(cell);
        List<Part> step = new ArrayList<>();
        step.add(products.ofState(0, 3 * hidden, true, batch, before(), List.of(), sums));
        for (int sample = 0; sample < batch; sample++) {
            List<Slice> inputs = new ArrayList<>(gates(atStep(projected, 3), sample, 3));
            inputs.addAll(gates(sums, sample, 3));
            inputs.add(state(Place.HIDDEN_BEFORE, sample));
            step.add(new Part(chain, inputs, List.of(state(Place.HIDDEN_AFTER, sample))));
        }
        return step;
    }

    private @Nullable List<Part> resetState(Gru op, int direction, RecurrentProduct products, Slice projected) {
        Formula gates = op.gates(direction).orElse(null);
        Formula after = op.afterGates(direction).orElse(null);
        if (gates == null || after == null) {
            return null;
        }
        Slice sums = take(2 * stateBytes());
        Slice z = take(stateBytes());
        Slice reset = take(stateBytes());
        Slice candidate = take(stateBytes());
        Chain ofGates = chain(gates);
        Chain ofState = chain(after);
        List<Part> step = new ArrayList<>();
        step.add(products.ofState(0, 2 * hidden, false, batch, before(), List.of(), sums));
        for (int sample = 0; sample < batch; sample++) {
            List<Slice> inputs = new ArrayList<>(gates(atStep(projected, 3), sample, 3).subList(0, 2));
            inputs.addAll(gates(sums, sample, 2));
            inputs.add(state(Place.HIDDEN_BEFORE, sample));
            step.add(new Part(ofGates, inputs, List.of(row(z, sample), row(reset, sample))));
        }
        step.add(products.ofState(2 * hidden, hidden, false, batch, reset, List.of(), candidate));
        for (int sample = 0; sample < batch; sample++) {
            List<Slice> inputs =
                    List.of(
                            row(z, sample),
                            gates(atStep(projected, 3), sample, 3).get(2),
                            row(candidate, sample),
                            state(Place.HIDDEN_BEFORE, sample));
            step.add(new Part(ofState, inputs, List.of(state(Place.HIDDEN_AFTER, sample))));
        }
        return step;
    }

    private boolean isReverse(int direction) {
        return options.direction() == RecurrentOptions.Direction.REVERSE || direction == 1;
    }

    /// The hidden states of all samples before a step.
    private Slice before() {
        return Slice.of(Place.HIDDEN_BEFORE, 0, stateBytes());
    }

    private Slice state(Place place, int sample) {
        return Slice.of(place, 4L * sample * hidden, 4L * hidden);
    }

    private Slice row(Slice rows, int sample) {
        return Slice.scratch(rows.offset() + 4L * sample * hidden, 4L * hidden);
    }

    /// A step's part of what x gives to all steps.
    private Slice atStep(Slice projected, int gates) {
        long bytes = gates * stateBytes();
        return new Slice(Place.SCRATCH, projected.offset(), bytes, bytes);
    }

    /// The gates of a sample in `[batch, gates, hidden]`.
    private List<Slice> gates(Slice all, int sample, int gates) {
        List<Slice> slices = new ArrayList<>();
        for (int gate = 0; gate < gates; gate++) {
            long offset = all.offset() + 4L * hidden * ((long) sample * gates + gate);
            slices.add(new Slice(Place.SCRATCH, offset, 4L * hidden, all.perStep()));
        }
        return slices;
    }

    /// A formula of one sample.
    ///
    /// @param constants operands behind the others
    private Chain chain(Formula formula, List<Tensor> constants) {
        Shape shape = Shape.of(hidden);
        List<ChainOperand> operands = new ArrayList<>();
        for (int i = constants.size(); i < formula.inputs(); i++) {
            operands.add(ChainOperand.of(DType.FLOAT32, shape));
        }
        constants.forEach(c -> operands.add(ChainOperand.constant(c)));
        List<DType> types = formula.results().stream().map(_ -> DType.FLOAT32).toList();
        return new Chain(formula, shape, operands, types);
    }

    private Chain chain(Formula formula) {
        return chain(formula, List.of());
    }
}
