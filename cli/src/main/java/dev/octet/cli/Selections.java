package dev.octet.cli;

import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Operators;
import dev.octet.quantize.Decision;
import dev.octet.quantize.spec.NodeRule;
import dev.octet.quantize.spec.NodeSelector;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Says of names and types that were asked for that nothing in a model has them: it would be quantized as if nothing
/// had been asked for.
final class Selections {
    private final Path model;
    private final Graph original;
    private final List<Node> read;
    private final List<Node> fused;
    private final Terminal terminal;

    /// @param original the graph as the file has it
    /// @param decisions of all nodes after fusion
    Selections(Path model, Graph original, List<Decision> decisions, Terminal terminal) {
        this.model = model;
        this.original = original;
        this.terminal = terminal;
        read = nodes(original).toList();
        fused = decisions.stream().map(Decision::node).toList();
    }

    /// Nodes by name.
    ///
    /// @param asked what was asked for, such as `--exclude`
    /// @param what of the name has to match which way, to end `no node of MODEL has …`
    /// @throws UserException if no node is meant, neither in the file nor after fusion
    void requireNodes(String asked, Predicate<Node> meant, String what) {
        if (fused.stream().anyMatch(meant)) {
            return;
        }
        if (read.stream().noneMatch(meant)) {
            throw new UserException(
                    asked + ": no node of " + model + " has " + what + "; octet inspect --nodes lists the names");
        }
        terminal.note(
                "%s: what has %s joins other nodes before anything is quantized; octet inspect --nodes lists those that"
                        + " remain",
                asked, what);
    }

    /// Nodes by operator type.
    ///
    /// @throws UserException if there is no such operator
    void requireType(String asked, String type) {
        if (Stream.concat(fused.stream(), read.stream()).anyMatch(n -> n.op().type().equals(type))) {
            return;
        }
        if (!Operators.isKnown(type)) {
            throw new UserException(asked + ": there is no operator '" + type + "'");
        }
        terminal.note("%s: %s has no operator %s", asked, model, type);
    }

    /// Values and constants by name.
    ///
    /// @throws UserException if the model has none of that name
    void requireTensor(String asked, String name) {
        boolean known =
                original.constants().containsKey(name)
                        || original.inputs().stream().anyMatch(i -> i.name().equals(name))
                        || Stream.concat(fused.stream(), read.stream())
                                .anyMatch(n -> n.outputs().contains(name) || n.inputs().contains(name));
        if (!known) {
            throw new UserException(asked + ": " + model + " has no value or constant '" + name + "'");
        }
    }

    /// What a rule of a configuration file is about.
    ///
    /// @throws UserException if it is about nothing
    void requireRule(NodeRule rule) {
        String asked = "--config";
        switch (rule.selector()) {
            case NodeSelector.Name(String name) ->
                    requireNodes(asked, rule.selector()::matches, "the name, or is in the scope, '" + name + "'");
            case NodeSelector.NameBeginning(String regex) ->
                    requireNodes(asked, rule.selector()::matches, "a name that begins with a match of '" + regex + "'");
            case NodeSelector.NamePattern(String regex) ->
                    requireNodes(asked, rule.selector()::matches, "a name that '" + regex + "' matches as a whole");
            case NodeSelector.OperatorInScope(String scope, String type, int index) -> {
                requireType(asked, type);
                requireNodes(
                        asked,
                        rule.selector().bind(original)::matches,
                        "type " + type + " and is number " + index + " of it in scope '" + scope + "'");
            }
            case NodeSelector.OperatorType(String type) -> requireType(asked, type);
            case NodeSelector.WinogradConv _,
                    NodeSelector.ActivationProduct _,
                    NodeSelector.Everything _,
                    NodeSelector.Nodes _ -> {}
        }
    }

    /// All nodes, those of graphs inside nodes, too.
    private static Stream<Node> nodes(Graph graph) {
        return graph.nodes().stream()
                .flatMap(node ->
                        Stream.concat(
                                Stream.of(node),
                                node.op().attributes().asMap().values().stream()
                                        .filter(GraphValue.class::isInstance)
                                        .flatMap(value -> nodes(((GraphValue) value).value()))));
    }
}
