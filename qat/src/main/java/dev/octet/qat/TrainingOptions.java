package dev.octet.qat;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How [QatTraining] trains.
///
/// @param epochs passes over the data, at most
/// @param batchSize samples to a step of the optimizer
/// @param rate learning rate at the start; it falls to a hundredth along a half cosine
/// @param validation part of the samples, the last ones, that are not trained with but decide by their mean loss which
///   epoch was best; with 0 those trained with decide. What training starts from counts, too, where it is calibrated;
///   epochs in which values are not rounded yet do not
/// @param patience epochs without improvement after which training ends; 0 never ends it
/// @param seed of the order of the samples
/// @param checkpoint file with the state after each epoch, from which training goes on where there is one; null for
///   none. Network, quantization, data and all options but `epochs` and `patience` must be those of the training that
///   wrote it
public record TrainingOptions(
        int epochs, int batchSize, float rate, double validation, int patience, long seed, @Nullable Path checkpoint) {
    /// @throws IllegalArgumentException naming the option that is out of range
    public TrainingOptions {
        require(epochs >= 1, "epochs", "at least 1", epochs);
        require(batchSize >= 1, "batch size", "at least 1", batchSize);
        require(rate > 0 && rate < Float.POSITIVE_INFINITY, "learning rate", "a positive number", rate);
        require(validation >= 0 && validation < 1, "validation part", "in [0, 1)", validation);
        require(patience >= 0, "patience", "at least 0", patience);
    }

    private static void require(boolean fits, String what, String expected, Object found) {
        if (!fits) {
            throw new IllegalArgumentException(what + ": expected " + expected + ", found " + found);
        }
    }

    float rateOf(int epoch) {
        double part = (double) epoch / epochs;
        return (float) (rate * (0.01 + 0.99 * (1 + Math.cos(Math.PI * part)) / 2));
    }
}
