package dev.octet.qat;

import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;

/// Switches a [QatBlock] as training goes on. A listener of DJL's trainer.
///
/// The usual order (PyTorch's examples): observe and round from the start; when ranges have settled, stop observing;
/// then freeze batch normalization. From scratch, values between operators are better rounded only after a while (arXiv
/// 1712.05877).
///
/// @param roundActivations epoch, from 0, from which values between operators are rounded
/// @param stopObserving epoch from which parameters stay
/// @param freezeNorm epoch from which batch normalizations go by their averages
public record QatSchedule(int roundActivations, int stopObserving, int freezeNorm) {
    /// Rounds from the start, and freezes for the last third of the epochs.
    public static QatSchedule of(int epochs) {
        int settled = Math.max(1, Math.ceilDiv(2 * epochs, 3));
        return new QatSchedule(0, settled, settled);
    }

    /// Sets a block to what it should be in an epoch.
    public void apply(QatBlock block, int epoch) {
        block.quantizeActivations(epoch >= roundActivations);
        block.observe(epoch < stopObserving);
        block.freezeBatchNorm(epoch >= freezeNorm);
    }

    /// A listener that applies this to a block, which trains from the given epoch on.
    public TrainingListenerAdapter listener(QatBlock block, int firstEpoch) {
        apply(block, firstEpoch);
        return new TrainingListenerAdapter() {
            private int epoch = firstEpoch;

            @Override
            public void onEpoch(Trainer trainer) {
                epoch++;
                apply(block, epoch);
            }
        };
    }
}
