package dev.octet.conformance.oracle;

import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.RecurrentOptions;
import dev.octet.graph.op.RecurrentOptions.Direction;
import dev.octet.graph.op.Rnn;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;

/// LSTM, GRU and RNN. ONNX Runtime has them with the steps as the first axis only.
final class RecurrentCases {
    private static final List<String> FUNCTIONS =
            List.of(
                    "Sigmoid",
                    "Tanh",
                    "Relu",
                    "LeakyRelu",
                    "ThresholdedRelu",
                    "HardSigmoid",
                    "Elu",
                    "Softsign",
                    "Softplus",
                    "Affine",
                    "ScaledTanh");
    private static final Tolerance TOLERANCE = new Tolerance(5e-5, 5e-5);

    private RecurrentCases() {}

    static OracleCase rnn(Generator g) {
        return draw(g, new Rnn(options(g, 1)), 1, 1);
    }

    static OracleCase gru(Generator g) {
        return draw(g, new Gru(options(g, 2), g.flip()), 3, 1);
    }

    static OracleCase lstm(Generator g) {
        return draw(g, new Lstm(options(g, 3), g.integer(0, 3) == 0), 4, 2);
    }

    private static RecurrentOptions options(Generator g, int functions) {
        Direction direction = g.oneOf(List.of(Direction.values()));
        float clip = g.integer(0, 3) == 0 ? g.uniform(0.2f, 1) : 0;
        List<String> names = new ArrayList<>();
        List<Float> alphas = new ArrayList<>();
        List<Float> betas = new ArrayList<>();
        if (g.integer(0, 2) == 0) {
            String first = g.oneOf(FUNCTIONS);
            for (int i = 0; i < functions * direction.count(); i++) {
                // ONNX Runtime's RNN takes the parameters by direction, whether its function has some or not.
                String name = functions == 1 ? first : g.oneOf(FUNCTIONS);
                names.add(name);
                if (List.of("LeakyRelu", "ThresholdedRelu", "HardSigmoid", "Elu", "Affine", "ScaledTanh")
                        .contains(name)) {
                    alphas.add(g.uniform(0.1f, 0.9f));
                }
                if (List.of("HardSigmoid", "Affine", "ScaledTanh").contains(name)) {
                    betas.add(g.uniform(0.1f, 0.9f));
                }
            }
        }
        if (clip == 0 && names.contains("Softplus")) {
            // ONNX Runtime's is log(1 + exp(x)) in float (rnn_activation_functors.h), which overflows above 88.
            clip = g.uniform(0.2f, 1);
        }
        return new RecurrentOptions(direction, g.integer(1, 9), clip, false, names, alphas, betas);
    }

    private static OracleCase draw(Generator g, Op op, int gates, int states) {
        RecurrentOptions options =
                switch (op) {
                    case Rnn rnn -> rnn.options();
                    case Gru gru -> gru.options();
                    case Lstm lstm -> lstm.options();
                    default -> throw new IllegalArgumentException(op.type());
                };
        CaseBuilder b = new CaseBuilder(g, 7);
        int directions = options.direction().count();
        int hidden = (int) options.hiddenSize();
        int steps = g.integer(1, 7);
        int batch = g.integer(1, 4);
        int size = g.integer(1, 6);
        // Gates without a bound may grow without one.
        float scale = options.activations().isEmpty() ? 1 : 0.2f;
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.floats(Shape.of(steps, batch, size), -2, 2)));
        operands.add(b.constant(g.floats(Shape.of(directions, gates * hidden, size), -scale, scale)));
        operands.add(b.constant(g.floats(Shape.of(directions, gates * hidden, hidden), -scale, scale)));
        operands.add(g.flip() ? b.constant(g.floats(Shape.of(directions, 2L * gates * hidden), -scale, scale)) : "");
        operands.add(g.flip() ? b.operand(g.integers(DType.INT32, Shape.of(batch), 1, steps)) : "");
        for (int i = 0; i < states; i++) {
            operands.add(g.flip() ? b.input(g.floats(Shape.of(directions, batch, hidden), -1, 1)) : "");
        }
        if (op instanceof Lstm && g.flip()) {
            operands.add(b.constant(g.floats(Shape.of(directions, 3L * hidden), -1, 1)));
        }
        while (operands.getLast().isEmpty()) {
            operands.removeLast();
        }
        return b.build(TOLERANCE, b.add(op, 1 + states, operands.toArray(String[]::new)));
    }
}
