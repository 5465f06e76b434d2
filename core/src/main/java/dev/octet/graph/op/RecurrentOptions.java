package dev.octet.graph.op;

import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.formula.FormulaBuilder.Value;
import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.FloatsValue;
import dev.octet.graph.Attributes.StringsValue;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Attributes that LSTM, GRU and RNN share.
///
/// @param hiddenSize extent of the hidden state; 0 if the weights alone say it
/// @param clip bound of what goes into the activations of gates; 0 for none
/// @param batchFirst layout 1: the batch is the first axis of x, y and the states
/// @param activations names of the functions, those of one direction after the other; empty for the operator's defaults
/// @param alphas parameters of the functions that have some, in their order
/// @param betas second parameters, likewise
public record RecurrentOptions(
        Direction direction,
        long hiddenSize,
        float clip,
        boolean batchFirst,
        List<String> activations,
        List<Float> alphas,
        List<Float> betas) {
    /// Order in which the steps of a sequence are taken.
    public enum Direction {
        FORWARD,
        REVERSE,
        /// Once in each order, with weights of their own.
        BIDIRECTIONAL;

        /// Extent of the axis of directions.
        public int count() {
            return this == BIDIRECTIONAL ? 2 : 1;
        }

        boolean isReverse(int index) {
            return this == REVERSE || index == 1;
        }
    }

    public RecurrentOptions {
        activations = List.copyOf(activations);
        alphas = List.copyOf(alphas);
        betas = List.copyOf(betas);
        RecurrentActivation.of(activations, alphas, betas);
        if (clip < 0) {
            throw Inference.mismatch("attribute clip", "at least 0", clip);
        }
    }

    static RecurrentOptions of(Attributes attributes) {
        return new RecurrentOptions(
                attributes.getEnum("direction", Direction.FORWARD),
                attributes.getInt("hidden_size", 0L),
                attributes.getFloat("clip", 0),
                attributes.getBoolean("layout", false),
                attributes.getStrings("activations").orElse(List.of()),
                attributes.getFloats("activation_alpha").orElse(List.of()),
                attributes.getFloats("activation_beta").orElse(List.of()));
    }

    Attributes.Builder attributes() {
        Attributes.Builder builder = Attributes.builder().put("direction", direction);
        if (hiddenSize > 0) {
            builder.put("hidden_size", hiddenSize);
        }
        if (clip > 0) {
            builder.put("clip", clip);
        }
        if (batchFirst) {
            builder.put("layout", 1L);
        }
        if (!activations.isEmpty()) {
            builder.put("activations", new StringsValue(activations));
        }
        if (!alphas.isEmpty()) {
            builder.put("activation_alpha", new FloatsValue(alphas));
        }
        if (!betas.isEmpty()) {
            builder.put("activation_beta", new FloatsValue(betas));
        }
        return builder;
    }

    /// Layouts came with version 14.
    int sinceVersion() {
        return batchFirst ? 14 : 7;
    }

    /// The functions of a direction.
    ///
    /// @param defaults names of the operator's functions, as many as it has
    List<RecurrentActivation> activations(int directionIndex, List<String> defaults) {
        List<String> names =
                activations.isEmpty() ? Stream.concat(defaults.stream(), defaults.stream()).toList() : activations;
        if (names.size() < defaults.size() * direction.count()) {
            throw Inference.mismatch(
                    "attribute activations", defaults.size() * direction.count() + " names", names.size());
        }
        int from = directionIndex * defaults.size();
        return RecurrentActivation.of(names, alphas, betas).subList(from, from + defaults.size());
    }

    /// The functions of a direction in float; empty if one of them has no formula.
    Optional<List<Formula>> formulas(int directionIndex, List<String> defaults) {
        List<Optional<Formula>> all =
                activations(directionIndex, defaults).stream().map(RecurrentActivation::formula).toList();
        return all.stream().allMatch(Optional::isPresent)
                ? Optional.of(all.stream().map(Optional::orElseThrow).toList())
                : Optional.empty();
    }

    /// `function(clipped(x))`
    Value gate(FormulaBuilder f, Formula function, Value x) {
        Value clipped = clip > 0 ? f.min(f.max(x, -clip), clip) : x;
        return f.apply(function, clipped).getFirst();
    }

    double clipped(double x) {
        return clip > 0 ? Math.max(-clip, Math.min(clip, x)) : x;
    }
}
