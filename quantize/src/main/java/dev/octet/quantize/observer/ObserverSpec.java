package dev.octet.quantize.observer;

/// Which statistics are gathered, and how: an [Observer] before it has seen anything.
public sealed interface ObserverSpec {
    /// Smallest and largest value of all batches.
    ObserverSpec MIN_MAX = new MinMax();

    /// PyTorch's average with constant 0.01.
    ObserverSpec MOVING_AVERAGE = new MovingAverageMinMax(0.01);

    /// Smallest and largest value of each channel.
    ObserverSpec PER_CHANNEL = new PerChannelMinMax();

    /// PyTorch's histogram of 2048 bins.
    ObserverSpec HISTOGRAM = new Histogram(2048);

    /// A new observer.
    ///
    /// @param channelAxis the axis of the output channels, for observers that keep channels apart
    Observer create(int channelAxis);

    /// A new observer of a whole tensor, for specifications that keep no channels apart.
    default Observer create() {
        return create(0);
    }

    /// Whether each channel gets parameters of its own.
    default boolean perChannel() {
        return false;
    }

    /// See [MinMaxObserver].
    record MinMax() implements ObserverSpec {
        @Override
        public Observer create(int channelAxis) {
            return new MinMaxObserver();
        }
    }

    /// See [MovingAverageMinMaxObserver].
    ///
    /// @param constant weight of a new batch, in `(0, 1]`
    record MovingAverageMinMax(double constant) implements ObserverSpec {
        public MovingAverageMinMax {
            if (!(constant > 0 && constant <= 1)) {
                throw new IllegalArgumentException("averaging constant: expected in (0, 1], found " + constant);
            }
        }

        @Override
        public Observer create(int channelAxis) {
            return new MovingAverageMinMaxObserver(constant);
        }
    }

    /// See [PerChannelMinMaxObserver].
    record PerChannelMinMax() implements ObserverSpec {
        @Override
        public Observer create(int channelAxis) {
            return new PerChannelMinMaxObserver(channelAxis);
        }

        @Override
        public boolean perChannel() {
            return true;
        }
    }

    /// See [HistogramObserver].
    ///
    /// @param bins at least 2
    record Histogram(int bins) implements ObserverSpec {
        public Histogram {
            if (bins < 2 || bins > HistogramObserver.MAX_BINS) {
                throw new IllegalArgumentException(
                        "histogram bins: expected 2 to " + HistogramObserver.MAX_BINS + ", found " + bins);
            }
        }

        @Override
        public Observer create(int channelAxis) {
            return new HistogramObserver(bins);
        }
    }
}
