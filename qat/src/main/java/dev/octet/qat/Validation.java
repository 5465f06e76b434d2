package dev.octet.qat;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import java.util.Arrays;

/// Judges a network by samples that it is not trained with, or where none are held back, by those that it is. Nothing
/// is trained or observed meanwhile, so what is judged is what would be converted.
///
/// @param first number of the first sample to judge by; all from there on count
record Validation(TrainingData data, Loss loss, int batchSize, long first) {
    /// @param held samples that are held back, the last ones
    static Validation of(TrainingData data, Loss loss, int batchSize, long held) {
        return new Validation(data, loss, batchSize, held == 0 ? 0 : data.samples() - held);
    }

    /// @param loss mean over the samples
    /// @param accuracy NaN where outputs are no scores
    record Score(double loss, double accuracy) {}

    Score score(Trainer trainer) {
        double sum = 0;
        long right = 0;
        for (long start = first; start < data.samples(); start += batchSize) {
            long from = start;
            long[] rows = new long[(int) Math.min(batchSize, data.samples() - start)];
            Arrays.setAll(rows, i -> from + i);
            try (NDManager scope = trainer.getManager().newSubManager()) {
                NDList targets = data.targets(rows, scope);
                NDList predictions = trainer.evaluate(data.inputs(rows, scope));
                sum += loss.evaluate(targets, predictions).getFloat() * (double) rows.length;
                right += data.hasScores() ? agreeing(targets, predictions) : 0;
            }
        }
        double samples = data.samples() - first;
        return new Score(sum / samples, data.hasScores() ? right / samples : Double.NaN);
    }

    private long agreeing(NDList targets, NDList predictions) {
        long[] found = Distillation.floating(predictions).head().argMax(1).toLongArray();
        float[] labels = data.labelled() ? targets.head().toFloatArray() : new float[0];
        long[] answers = data.labelled() ? new long[0] : Distillation.floating(targets).head().argMax(1).toLongArray();
        long right = 0;
        for (int i = 0; i < found.length; i++) {
            right += found[i] == (data.labelled() ? (long) labels[i] : answers[i]) ? 1 : 0;
        }
        return right;
    }
}
