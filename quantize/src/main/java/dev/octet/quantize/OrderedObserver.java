package dev.octet.quantize;

import dev.octet.quantize.observer.Observer;
import dev.octet.tensor.Tensor;

/// An observer that runs of several samples at once show their values to: it sees those of one sample after those of
/// the sample before, as if there were one run after the other.
///
/// A run never waits for that of a later sample, so runs cannot wait for each other in a circle.
final class OrderedObserver {
    /// What is waited for takes no longer than a layer, as a rule.
    private static final int SPINS = 5000;

    private final Observer observer;
    private final int valuesPerSample;

    /// The sample whose values come next, and how many of them have come.
    private volatile long sample;

    private int seen;

    /// @param valuesPerSample how many values of a sample the observer is shown
    OrderedObserver(Observer observer, int valuesPerSample) {
        this.observer = observer;
        this.valuesPerSample = valuesPerSample;
    }

    /// Waits for the samples before, and shows a value.
    ///
    /// @throws IllegalArgumentException if the observer refuses it; the message has its name
    void observe(long number, String value, Tensor tensor) {
        await(number);
        try {
            observer.observe(tensor);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("value '" + value + "': " + e.getMessage(), e);
        }
        if (++seen == valuesPerSample) {
            next(number + 1);
        }
    }

    /// The run of a sample has ended, whether or not it has shown all values.
    void finish(long number) {
        if (sample <= number) {
            await(number);
            next(number + 1);
        }
    }

    private void await(long number) {
        for (int i = 0; i < SPINS && sample < number; i++) {
            Thread.onSpinWait();
        }
        if (sample >= number) {
            return;
        }
        boolean interrupted = false;
        synchronized (this) {
            while (sample < number) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    // The run before ends soon; this one notices at its next step.
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void next(long number) {
        seen = 0;
        sample = number;
        notifyAll();
    }
}
