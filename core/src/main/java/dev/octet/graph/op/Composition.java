package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// How an operator is put together from others; a node of it is a [Composite].
///
/// @param type ONNX operator type
/// @param domain ONNX operator domain
/// @param sinceVersion oldest version of the domain in which an operator of this name has this meaning
public record Composition(String domain, String type, int sinceVersion, Template template) {
    /// Dropout at inference where its mask is read, which lets everything through. Without that it is an [Identity].
    public static final Composition MASKED_DROPOUT = of("", "Dropout", 13, StandardBodies::maskedDropout);

    /// Batch normalization by the batch's own moments; it also moves the running ones. Else it is a
    /// [BatchNormalization].
    static final Composition TRAINING_BATCH_NORMALIZATION =
            of("", "BatchNormalization", 15, NormalizationBodies::trainingBatch);

    /// QLinearGlobalAveragePool with the channels as the last axis. Else it is a [QLinearGlobalAveragePool].
    static final Composition GLOBAL_AVERAGE_POOL_CHANNELS_LAST =
            microsoft("QLinearGlobalAveragePool", QuantizedBodies::globalAveragePool);

    /// Makes the body of one node.
    @FunctionalInterface
    public interface Template {
        /// A graph with the operands that are present for inputs, in order, and as many outputs as the node has. Empty
        /// if the operands' types do not say enough yet.
        ///
        /// @throws IllegalArgumentException if an attribute or operand does not fit
        Optional<Graph> body(Attributes attributes, Inference operands);
    }

    /// Writes the nodes of a body.
    @FunctionalInterface
    interface Formula {
        void write(Body body);
    }

    /// A composition of the standard or of ONNX Runtime whose body depends on the operands' ranks.
    static Composition of(String domain, String type, int sinceVersion, Formula formula) {
        return new Composition(
                domain, type, sinceVersion, (attributes, operands) -> Body.of(type, attributes, operands, formula));
    }

    static Composition microsoft(String type, Formula formula) {
        return of("com.microsoft", type, 1, formula);
    }

    /// All that Octet knows by name.
    public static List<Composition> all() {
        return Stream.of(
                        AttentionBodies.ALL,
                        Einsum.ALL,
                        FusedBodies.ALL,
                        LinearAttention.ALL,
                        NormalizationBodies.ALL,
                        QuantizedBodies.ALL,
                        StandardBodies.ALL)
                .flatMap(List::stream)
                .toList();
    }

    /// Domain and type: `com.microsoft.Attention`.
    @Override
    public String toString() {
        return domain.isEmpty() ? type : domain + "." + type;
    }
}
