package dev.octet.conformance.hostile;

import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.engine.UnsupportedOperatorException;
import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.graph.PartialShape;
import dev.octet.graph.ValueInfo;
import dev.octet.onnx.OnnxFormatException;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a user does with a model file: read, write, open, run.
final class Trial {
    /// How a trial ends.
    enum Ending {
        /// It ran.
        RAN,
        /// It was opened, but wants more input than a test should make up.
        OPENED,
        /// It was refused with one of the documented errors.
        REFUSED,
        /// Anything else.
        BROKEN
    }

    /// @param message the error, empty if there is none
    record Outcome(Ending ending, String message, @Nullable Throwable error) {}

    /// Most elements that an input is given.
    private static final long MAX_INPUT = 1 << 16;

    /// Messages that say nothing: of a missing reference, or of an array index.
    private static final Pattern UNCLEAR =
            Pattern.compile("(^|: |is )null$|\\bIndex -?\\d+ out of bounds|(^|: )/ by zero$");

    /// What the file says: it may hold any words.
    private static final Pattern QUOTED = Pattern.compile("'[^']*'");

    private static final int LONGEST_MESSAGE = 3000;

    private final SessionOptions options;

    Trial(long memoryLimit, Duration timeLimit) {
        options = SessionOptions.defaults().withThreads(2).withMemoryLimit(memoryLimit).withTimeLimit(timeLimit);
    }

    Outcome run(HostileFile file, Path folder) throws IOException {
        try {
            Graph graph = OnnxReader.read(file.write(folder));
            OnnxWriter.toBytes(graph);
            try (Session session = Session.open(graph, options)) {
                Map<String, Tensor> inputs = inputs(session, file);
                if (inputs.size() < session.inputs().size()) {
                    return new Outcome(Ending.OPENED, "", null);
                }
                session.runValues(inputs);
                return new Outcome(Ending.RAN, "", null);
            }
        } catch (OnnxFormatException | GraphException | UnsupportedOperatorException e) {
            String message = String.valueOf(e.getMessage());
            return new Outcome(isUnclear(message) ? Ending.BROKEN : Ending.REFUSED, message, e);
        } catch (RuntimeException | Error e) {
            return new Outcome(Ending.BROKEN, String.valueOf(e.getMessage()), e);
        }
    }

    /// Whether a message does not tell a person what is wrong.
    static boolean isUnclear(String message) {
        return message.length() > LONGEST_MESSAGE || UNCLEAR.matcher(QUOTED.matcher(message).replaceAll("")).find();
    }

    private static Map<String, Tensor> inputs(Session session, HostileFile file) {
        Map<String, Tensor> inputs = new HashMap<>();
        for (ValueInfo declared : session.inputs()) {
            Tensor given = file.inputs().get(declared.name());
            Tensor tensor = given != null && fits(declared, given) ? given : madeUp(declared);
            if (tensor != null) {
                inputs.put(declared.name(), tensor);
            }
        }
        return inputs;
    }

    private static boolean fits(ValueInfo declared, Tensor tensor) {
        PartialShape shape = declared.type().shape();
        if (declared.type().dtype() != tensor.dtype()) {
            return false;
        }
        return shape == null || shape.accepts(tensor.shape());
    }

    private static @Nullable Tensor madeUp(ValueInfo declared) {
        PartialShape partial = Objects.requireNonNullElse(declared.type().shape(), PartialShape.of(Shape.of(2, 2)));
        long[] dims = new long[partial.rank()];
        long count = 1;
        for (int i = 0; i < dims.length; i++) {
            dims[i] = partial.dim(i) instanceof Dim.Fixed(long extent) ? extent : 2;
            if (dims[i] > MAX_INPUT || (count *= dims[i]) > MAX_INPUT) {
                return null;
            }
        }
        Tensor tensor = Tensor.allocate(declared.type().dtype(), Shape.of(dims));
        if (tensor.dtype() != DType.BOOL && tensor.dtype().bits() >= 8) {
            for (long i = 0; i < tensor.elementCount(); i++) {
                tensor.setDouble(i, i % 3);
            }
        }
        return tensor;
    }
}
