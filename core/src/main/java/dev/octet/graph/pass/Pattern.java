package dev.octet.graph.pass;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.Tensor;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// A formula that a value may be computed by. Patterns are written like the formula and combine:
///
/// ```java
/// Pattern x = any("x");
/// Pattern softsign = div(x, add(unary(ABS, x), scalar(1)));   // both x must be the same value
/// ```
///
/// Addition and multiplication match with their operands in either order.
@FunctionalInterface
interface Pattern {
    /// Relative tolerance within which a constant counts as the number of a formula: exporters round it to float,
    /// sometimes more than once.
    double TOLERANCE = 1e-6;

    /// All ways in which `value` is computed by this formula, each extending `soFar`.
    Stream<Match> matches(String value, Match soFar);

    /// Any value, the same wherever the name occurs.
    static Pattern any(String name) {
        return named(name, (_, soFar) -> Stream.of(soFar));
    }

    /// A value of that formula, the same wherever the name occurs.
    static Pattern named(String name, Pattern formula) {
        return (value, soFar) -> {
            if (soFar.has(name)) {
                return soFar.value(name).equals(value) ? Stream.of(soFar) : Stream.empty();
            }
            return formula.matches(value, soFar.withValue(name, value));
        };
    }

    /// Any constant that satisfies the condition.
    static Pattern constant(String name, Predicate<Tensor> condition) {
        return named(
                name,
                (value, soFar) ->
                        soFar.graph().constant(value).filter(condition).isPresent()
                                ? Stream.of(soFar)
                                : Stream.empty());
    }

    /// A constant of one element with this number, up to rounding.
    static Pattern scalar(double number) {
        return (value, soFar) ->
                soFar.graph()
                                .constant(value)
                                .filter(t -> t.elementCount() == 1 && isClose(t.getDouble(0), number))
                                .isPresent()
                        ? Stream.of(soFar)
                        : Stream.empty();
    }

    static boolean isClose(double found, double number) {
        return Math.abs(found - number) <= TOLERANCE * Math.abs(number);
    }

    /// A node whose operator satisfies the condition, with these and no other operands, as its first output.
    static Pattern node(Predicate<Op> operator, Pattern... operands) {
        return (value, soFar) ->
                soFar.graph()
                        .producer(value)
                        .filter(n ->
                                operator.test(n.op()) && n.output().equals(value) && hasOperands(n, operands.length))
                        .map(n -> operands(n, soFar.withNode(n), operands))
                        .orElse(Stream.empty());
    }

    private static boolean hasOperands(Node node, int count) {
        return node.inputs().stream().filter(i -> !i.isEmpty()).count() == count && (count == 0 || node.has(count - 1));
    }

    private static Stream<Match> operands(Node node, Match soFar, Pattern... operands) {
        Stream<Match> matches = Stream.of(soFar);
        for (int i = 0; i < operands.length; i++) {
            String operand = node.input(i);
            Pattern pattern = operands[i];
            matches = matches.flatMap(m -> pattern.matches(operand, m));
        }
        return matches;
    }

    static Pattern unary(UnaryFunction function, Pattern x) {
        return node(op -> op instanceof Unary unary && unary.function() == function, x);
    }

    static Pattern clip(Pattern x, double min, double max) {
        return node(op -> op instanceof Clip, x, scalar(min), scalar(max));
    }

    static Pattern add(Pattern a, Pattern b) {
        return either(binary(BinaryFunction.ADD, a, b), binary(BinaryFunction.ADD, b, a));
    }

    static Pattern mul(Pattern a, Pattern b) {
        return either(binary(BinaryFunction.MUL, a, b), binary(BinaryFunction.MUL, b, a));
    }

    static Pattern sub(Pattern a, Pattern b) {
        return binary(BinaryFunction.SUB, a, b);
    }

    static Pattern div(Pattern a, Pattern b) {
        return binary(BinaryFunction.DIV, a, b);
    }

    /// `x·factor`, also spelled as a division by the factor's inverse.
    static Pattern scaled(Pattern x, double factor) {
        return either(mul(x, scalar(factor)), div(x, scalar(1 / factor)));
    }

    static Pattern pow(Pattern x, double exponent) {
        return binary(BinaryFunction.POW, x, scalar(exponent));
    }

    private static Pattern binary(BinaryFunction function, Pattern a, Pattern b) {
        return node(op -> op instanceof Binary binary && binary.function() == function, a, b);
    }

    /// Any of several formulas.
    static Pattern either(Pattern... formulas) {
        return (value, soFar) -> Stream.of(formulas).flatMap(f -> f.matches(value, soFar));
    }
}
