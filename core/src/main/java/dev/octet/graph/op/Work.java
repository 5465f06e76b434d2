package dev.octet.graph.op;

import dev.octet.tensor.Shape;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How long [Op#evaluate] takes, counted in multiplications of a product. As numbers of floating point they do not
/// overflow, whatever extents a file claims.
final class Work {
    /// What reading or writing one element takes, where its type is asked for each time.
    static final double ELEMENT = 16;

    private Work() {}

    /// Every element of operands and results is touched once.
    static double ofElements(List<@Nullable Shape> operands, List<Shape> results) {
        double elements = operands.stream().filter(Objects::nonNull).mapToDouble(Shape::elementCount).sum();
        return ELEMENT * (elements + results.stream().mapToDouble(Shape::elementCount).sum());
    }

    /// Each result is a sum over as many products as an operand is long along an axis; a negative one counts from the
    /// last.
    static double ofProducts(List<@Nullable Shape> operands, List<Shape> results, int operand, int axis) {
        Shape a = shape(operands, operand);
        double depth = a.rank() == 0 ? 1 : a.dim(Math.floorMod(axis, a.rank()));
        return ofElements(operands, results) + depth * results.getFirst().elementCount();
    }

    /// Each element, of a result or of what is spread over it, meets all weights of one output channel.
    static double ofWindows(List<@Nullable Shape> operands, List<Shape> results, Shape each, int weights) {
        Shape w = shape(operands, weights);
        return ofElements(operands, results) + (double) each.elementCount() * w.product(1, w.rank());
    }

    /// Each step of each sample meets all weights, operands 1 and 2.
    static double ofSteps(List<@Nullable Shape> operands, List<Shape> results) {
        double steps = shape(operands, 0).product(0, 2);
        double weights = (double) shape(operands, 1).elementCount() + shape(operands, 2).elementCount();
        return ofElements(operands, results) + steps * weights;
    }

    /// Shape of an operand, or null if there is none.
    static @Nullable Shape find(List<@Nullable Shape> operands, int index) {
        return index < operands.size() ? operands.get(index) : null;
    }

    static Shape shape(List<@Nullable Shape> operands, int index) {
        return Objects.requireNonNull(operands.get(index));
    }
}
