package dev.octet.conformance.oracle;

import dev.octet.conformance.oracle.Piece.Link;
import dev.octet.conformance.oracle.Piece.Range;
import dev.octet.conformance.oracle.Piece.Step;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.ReferenceInterpreter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Draws graphs of several operators: each is drawn as a case of its own, and then some of its inputs are taken from
/// the results of those before.
///
/// What an operator does with values it was not drawn for must stay defined and comparable, so
///
/// - a linked value keeps to the range of the input that it stands in for, and is finite;
/// - an operator whose result jumps (rounding, comparing, sorting) gets only values that are the same bits in every
///   runtime.
final class PieceDrawer {
    private static final List<DType> LINKED = List.of(DType.FLOAT32, DType.UINT8, DType.INT8, DType.BOOL);

    /// Their shapes hang on values of what could be linked; or, for a product, overflow does, at which the order
    /// counts; or what a difference of like numbers leaves is made large.
    private static final Set<String> ALONE =
            Set.of("Det", "MeanVarianceNormalization", "Range", "ReduceProd", "Resize", "Upsample");

    /// Their results jump where their operands change a little.
    private static final Set<String> JUMPING =
            Set.of(
                    "ArgMax",
                    "ArgMin",
                    "Cast",
                    "CastLike",
                    "Ceil",
                    "DynamicQuantizeLinear",
                    "Equal",
                    "Floor",
                    "Greater",
                    "GreaterOrEqual",
                    "GridSample",
                    "Hardmax",
                    "IsInf",
                    "IsNaN",
                    "Less",
                    "LessOrEqual",
                    "MaxRoiPool",
                    "MaxUnpool",
                    "Mod",
                    "Mod (fmod)",
                    "NonMaxSuppression",
                    "NonZero",
                    "QuantizeLinear",
                    "RoiAlign",
                    "Round",
                    "Shrink",
                    "Sign",
                    "ThresholdedRelu",
                    "TopK",
                    "Unique");

    /// They take any shape, so that their operand is not made into the one drawn and they stay next to its producer.
    private static final Set<String> ANY_SHAPE =
            Arrays.stream(UnaryFunction.values()).map(UnaryFunction::type).collect(Collectors.toSet());

    private static final int MAX_ELEMENTS = 4096;

    private final Generator g;
    private final List<String> operators;
    private final boolean quantizing;
    private final List<Piece> pieces = new ArrayList<>();

    /// Values that later pieces may use, by piece.
    private final List<Map<String, Tensor>> results = new ArrayList<>();

    private final List<Boolean> exact = new ArrayList<>();

    private PieceDrawer(Generator g, List<String> operators) {
        this.g = g;
        this.operators = operators;
        quantizing = g.flip();
    }

    /// One to six pieces.
    ///
    /// @param operators names from [OperatorCases#TABLE]
    static List<Piece> draw(Generator g, List<String> operators) {
        PieceDrawer drawer = new PieceDrawer(g, operators);
        for (int i = g.integer(1, 6); i > 0; i--) {
            drawer.addPiece();
        }
        return drawer.pieces;
    }

    private void addPiece() {
        String operator = g.oneOf(operators);
        Function<Generator, OracleCase> draw = OperatorCases.TABLE.get(operator);
        OracleCase drawn = draw.apply(g);
        Map<String, Link> links = new HashMap<>();
        Map<String, Tensor> given = new HashMap<>(drawn.inputs());
        Map<String, Step> quantized = new HashMap<>();
        for (ValueInfo input : drawn.graph().inputs()) {
            Link link = link(operator, drawn.inputs().get(input.name()));
            if (link != null) {
                links.put(input.name(), link);
                given.put(input.name(), link.value());
            }
            if (quantizing && isQuantizable(given.get(input.name())) && g.integer(0, 2) > 0) {
                quantized.put(input.name(), step(given.get(input.name())));
            }
        }
        if (quantizing) {
            drawn.graph()
                    .constants()
                    .forEach((name, tensor) -> {
                        if (isQuantizable(tensor) && tensor.shape().rank() > 1 && g.integer(0, 4) > 0) {
                            quantized.put(name, Step.of(tensor, DType.INT8));
                        }
                    });
        }
        add(new Piece(operator, drawn, links, quantized, Map.of()), links.isEmpty() ? null : given);
    }

    private Step step(Tensor tensor) {
        return Step.of(tensor, g.integer(0, 2) == 0 ? DType.INT8 : DType.UINT8);
    }

    private static boolean isQuantizable(Tensor tensor) {
        return tensor.dtype() == DType.FLOAT32 && tensor.elementCount() > 0 && isFinite(tensor);
    }

    /// Adds the piece with its results; as it was drawn if it cannot compute what it is given.
    private void add(Piece piece, @Nullable Map<String, Tensor> given) {
        Map<String, Tensor> values;
        try {
            values = ReferenceInterpreter.run(piece.drawn().graph(), given == null ? piece.drawn().inputs() : given);
        } catch (IllegalStateException e) {
            if (given == null) {
                throw e;
            }
            add(new Piece(piece.operator(), piece.drawn(), Map.of(), Map.of(), Map.of()), null);
            return;
        }
        Map<String, Step> quantized = new HashMap<>(piece.quantized());
        values.forEach((name, tensor) -> {
            if (quantizing && isQuantizable(tensor) && !piece.drawn().graph().isInput(name) && g.flip()) {
                quantized.put(name, step(tensor));
            }
        });
        pieces.add(new Piece(piece.operator(), piece.drawn(), piece.links(), quantized, Map.of()));
        results.add(values);
        boolean fromExact =
                piece.links().entrySet().stream()
                        .allMatch(l -> quantized.containsKey(l.getKey()) || exact.get(l.getValue().from()));
        exact.add(fromExact && piece.drawn().tolerance().equals(Tolerance.EXACT));
    }

    /// A value of an earlier piece for an input; null for none.
    private @Nullable Link link(String operator, Tensor wanted) {
        if (ALONE.contains(operator)
                || !LINKED.contains(wanted.dtype())
                || wanted.elementCount() == 0
                || pieces.isEmpty()
                || g.integer(0, 4) == 0) {
            return null;
        }
        // Mostly the piece just before, so that chains grow.
        int from = g.flip() ? pieces.size() - 1 : g.integer(0, pieces.size() - 1);
        for (Map.Entry<String, Tensor> candidate : results.get(from).entrySet()) {
            Tensor value = candidate.getValue();
            boolean fits =
                    value.dtype() == wanted.dtype()
                            && value.elementCount() > 0
                            && value.elementCount() <= MAX_ELEMENTS
                            && isFinite(value)
                            && (exact.get(from) || value.dtype() == DType.FLOAT32 && !JUMPING.contains(operator));
            if (fits) {
                return link(operator, wanted, from, candidate.getKey(), value);
            }
        }
        return null;
    }

    private static Link link(String operator, Tensor wanted, int from, String output, Tensor value) {
        Shape shape = ANY_SHAPE.contains(operator) ? value.shape() : wanted.shape();
        Tensor fitted = Tensor.allocate(value.dtype(), shape);
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (long i = 0; i < wanted.elementCount(); i++) {
            double element = wanted.getDouble(i);
            if (Double.isFinite(element)) {
                min = Math.min(min, element);
                max = Math.max(max, element);
            }
        }
        boolean limited = false;
        for (long i = 0; i < fitted.elementCount(); i++) {
            double element = value.getDouble(i % value.elementCount());
            limited |= element < min || element > max;
            fitted.setDouble(i, Math.max(min, Math.min(max, element)));
        }
        Range range =
                limited && value.dtype() != DType.BOOL
                        ? new Range(Tensor.scalar(value.dtype(), min), Tensor.scalar(value.dtype(), max))
                        : null;
        return new Link(from, output, value.shape(), shape, range, range == null ? unlimited(value, shape) : fitted);
    }

    private static Tensor unlimited(Tensor value, Shape shape) {
        Tensor fitted = Tensor.allocate(value.dtype(), shape);
        for (long i = 0; i < fitted.elementCount(); i++) {
            fitted.setDouble(i, value.getDouble(i % value.elementCount()));
        }
        return fitted;
    }

    private static boolean isFinite(Tensor tensor) {
        for (long i = 0; i < tensor.elementCount(); i++) {
            if (!Double.isFinite(tensor.getDouble(i))) {
                return false;
            }
        }
        return true;
    }
}
