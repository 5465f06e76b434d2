package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;

/// Gathers what is needed to choose quantization parameters from the values of a tensor, batch by batch.
///
/// Its memory does not grow with the number of batches, but for [RecordingObserver]. Not thread-safe: one thread
/// observes, and threads or machines that observe at once have one each, joined by [#merge].
public interface Observer {
    /// Takes in one batch. An empty one changes nothing.
    ///
    /// @throws IllegalArgumentException if it is not FLOAT32, has a NaN, or does not fit the batches before
    void observe(Tensor values);

    /// Whether it matters in which order and shape values come. If not, they may be shown as they lie in memory, which
    /// saves transposing images.
    default boolean dependsOnOrder() {
        return true;
    }

    /// Takes in what another observer of the same kind and settings has seen after this one; that one stays as it is.
    ///
    /// Associative for every observer here, up to rounding and to counts that move to neighbouring bins. Commutative
    /// too, except for moving averages, in which later batches weigh more, and [AciqObserver].
    ///
    /// @throws IllegalArgumentException if the other is of another kind or has other settings
    void merge(Observer other);

    /// Tells that all data have been observed (and merged), and answers whether all of them have to be observed once
    /// more: methods that count values in bins of the range of all values need two passes over the data. An observer
    /// that answers no must not be shown the data again.
    default boolean finishPass() {
        return false;
    }

    /// Observes one tensor that is all there is, in as many passes as needed.
    default void observeWhole(Tensor values) {
        do {
            observe(values);
        } while (finishPass());
    }

    /// Whether nothing has been observed yet.
    boolean isEmpty();

    /// The parameters that a scheme gets from what was observed.
    ///
    /// @throws IllegalStateException if nothing was observed, a pass is missing, or no parameters can follow
    QuantParams params(QuantScheme scheme, NumericsProfile numerics);

    /// What was observed, as data: a snapshot from which [ObserverState#restore] makes an equal observer.
    ObserverState state();
}
