package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/// `y = scale·x + shift` per channel: what batch normalization and arithmetic with constants come down to.
///
/// @param scale one number for each channel
/// @param shift one number for each channel
record ChannelAffine(double[] scale, double[] shift) {
    /// Which axis of a value holds the channels.
    ///
    /// @param rank number of axes of the value
    /// @param axis index of the channel axis
    /// @param channels extent of that axis
    record Axis(int rank, int axis, int channels) {
        /// The numbers that a constant has for each channel, or null if it varies over another axis or would broadcast
        /// the value.
        double @Nullable [] values(Tensor constant) {
            int constantRank = constant.shape().rank();
            if (constantRank > rank) {
                return null;
            }
            double[] values = new double[channels];
            if (constant.elementCount() == 1) {
                Arrays.fill(values, constant.getDouble(0));
                return values;
            }
            int position = axis - (rank - constantRank);
            boolean perChannel =
                    position >= 0 && constant.shape().dim(position) == channels && constant.elementCount() == channels;
            if (!perChannel) {
                return null;
            }
            Arrays.setAll(values, constant::getDouble);
            return values;
        }
    }

    static ChannelAffine identity(int channels) {
        double[] ones = new double[channels];
        Arrays.fill(ones, 1);
        return new ChannelAffine(ones, new double[channels]);
    }

    /// What a node does to an operand whose channels lie on that axis, if it is of this form.
    static Optional<ChannelAffine> of(Graph graph, Node node, String operand, Axis axis) {
        ChannelAffine affine =
                switch (node.op()) {
                    case BatchNormalization op -> ofBatchNormalization(graph, node, op, axis);
                    case Binary op -> ofBinary(graph, node, op, operand, axis);
                    default -> null;
                };
        return Optional.ofNullable(affine).filter(ChannelAffine::isFinite);
    }

    private static @Nullable ChannelAffine ofBatchNormalization(
            Graph graph, Node node, BatchNormalization op, Axis axis) {
        double[][] parameters = new double[4][];
        for (int i = 0; i < parameters.length; i++) {
            Tensor parameter = graph.constants().get(node.input(i + 1));
            if (parameter == null || axis.axis() != 1 || parameter.elementCount() != axis.channels()) {
                return null;
            }
            parameters[i] = new double[axis.channels()];
            Arrays.setAll(parameters[i], parameter::getDouble);
        }
        ChannelAffine affine = identity(axis.channels());
        for (int c = 0; c < axis.channels(); c++) {
            affine.scale[c] = parameters[0][c] / Math.sqrt(parameters[3][c] + op.epsilon());
            affine.shift[c] = parameters[1][c] - parameters[2][c] * affine.scale[c];
        }
        return affine;
    }

    private static @Nullable ChannelAffine ofBinary(Graph graph, Node node, Binary op, String operand, Axis axis) {
        boolean first = node.input(0).equals(operand);
        Tensor constant = graph.constants().get(node.input(first ? 1 : 0));
        double[] values = constant == null || !constant.dtype().isFloating() ? null : axis.values(constant);
        if (values == null) {
            return null;
        }
        ChannelAffine one = identity(axis.channels());
        return switch (op.function()) {
            case MUL -> new ChannelAffine(values, one.shift);
            case ADD -> new ChannelAffine(one.scale, values);
            case DIV -> first ? new ChannelAffine(map(values, v -> 1 / v), one.shift) : null;
            case SUB ->
                    first
                            ? new ChannelAffine(one.scale, map(values, v -> -v))
                            : new ChannelAffine(map(one.scale, v -> -v), values);
            default -> null;
        };
    }

    private static double[] map(double[] values, DoubleUnaryOperator function) {
        return Arrays.stream(values).map(function).toArray();
    }

    /// This, followed by another.
    ChannelAffine then(ChannelAffine next) {
        ChannelAffine both = identity(scale.length);
        for (int c = 0; c < scale.length; c++) {
            both.scale[c] = scale[c] * next.scale[c];
            both.shift[c] = shift[c] * next.scale[c] + next.shift[c];
        }
        return both;
    }

    boolean hasShift() {
        return Arrays.stream(shift).anyMatch(v -> v != 0);
    }

    private boolean isFinite() {
        return Arrays.stream(scale).allMatch(Double::isFinite) && Arrays.stream(shift).allMatch(Double::isFinite);
    }
}
