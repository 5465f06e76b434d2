package dev.octet.quantize.observer;

import dev.octet.quant.QuantParams;

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

    /// PyTorch's average of each channel, with constant 0.01.
    ObserverSpec MOVING_AVERAGE_PER_CHANNEL = new MovingAveragePerChannelMinMax(0.01);

    /// TensorRT's entropy calibration, as pytorch-quantization computes it: 2048 bins.
    ObserverSpec TENSORRT_ENTROPY = new Magnitudes(MagnitudeSearch.ENTROPY, 2048);

    /// pytorch-quantization's least squared error.
    ObserverSpec TENSORRT_MSE = new Magnitudes(MagnitudeSearch.MSE, 2048);

    /// pytorch-quantization's percentile: 99.99.
    ObserverSpec TENSORRT_PERCENTILE =
            new Magnitudes(new MagnitudeSearch(MagnitudeSearch.Method.PERCENTILE, 99.99), 2048);

    /// ONNX Runtime's means of the smallest and the largest values of batches.
    ObserverSpec ONNXRUNTIME_AVERAGE = new BatchMean();

    /// ONNX Runtime's default: 128 bins for 128 levels, which finds the minimum and the maximum.
    ObserverSpec ONNXRUNTIME_ENTROPY = new OnnxRuntimeEntropyBins(128, 128);

    /// ONNX Runtime's default: 99.999 percent of the magnitudes in 2048 bins.
    ObserverSpec ONNXRUNTIME_PERCENTILE = new OnnxRuntimePercentileBins(2048, 99.999, true);

    /// ncnn's Kullback-Leibler calibration.
    ObserverSpec NCNN_KL = new Kl();

    /// ncnn's analytical clipping.
    ObserverSpec NCNN_ACIQ = new Aciq();

    /// ACIQ's clipping of Laplace's distribution.
    ObserverSpec ACIQ_LAPLACE = new Laplace();

    /// Largest magnitude.
    ObserverSpec ABS_MAX = new AbsMax(Double.POSITIVE_INFINITY);

    /// Nothing: parameters are found at run time.
    ObserverSpec PLACEHOLDER = new Placeholder();

    /// Nothing: the output has its input's parameters.
    ObserverSpec REUSE_INPUT = new ReuseInput();

    /// Bound on bins, so that a damaged file cannot ask for all memory.
    int MAX_BINS = 1 << 20;

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

    /// See [GivenRangeObserver].
    ///
    /// @param min NaN for the smallest value
    /// @param max NaN for the largest value
    record GivenRange(float min, float max) implements ObserverSpec {
        public GivenRange {
            if (new GivenRangeObserver(min, max).isEmpty() && Float.isNaN(min) && Float.isNaN(max)) {
                throw new IllegalArgumentException("given range: neither end is given");
            }
        }

        @Override
        public Observer create(int channelAxis) {
            return new GivenRangeObserver(min, max);
        }
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

    /// See [BatchMeanObserver].
    record BatchMean() implements ObserverSpec {
        @Override
        public Observer create(int channelAxis) {
            return new BatchMeanObserver();
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
            if (bins < 2 || bins > MAX_BINS) {
                throw new IllegalArgumentException("histogram bins: expected 2 to " + MAX_BINS + ", found " + bins);
            }
        }

        @Override
        public Observer create(int channelAxis) {
            return new HistogramObserver(bins);
        }
    }

    /// See [MovingAveragePerChannelMinMaxObserver].
    ///
    /// @param constant weight of a new batch, in `(0, 1]`
    record MovingAveragePerChannelMinMax(double constant) implements ObserverSpec {
        public MovingAveragePerChannelMinMax {
            constant = new MovingAverageMinMax(constant).constant();
        }

        @Override
        public Observer create(int channelAxis) {
            return new MovingAveragePerChannelMinMaxObserver(channelAxis, constant);
        }

        @Override
        public boolean perChannel() {
            return true;
        }
    }

    /// See [FixedQParamsObserver].
    record FixedQParams(QuantParams params) implements ObserverSpec {
        @Override
        public Observer create(int channelAxis) {
            return new FixedQParamsObserver(params);
        }
    }

    /// See [PlaceholderObserver].
    record Placeholder() implements ObserverSpec {
        @Override
        public Observer create(int channelAxis) {
            return new PlaceholderObserver();
        }
    }

    /// See [RecordingObserver].
    record Recording() implements ObserverSpec {
        @Override
        public Observer create(int channelAxis) {
            return new RecordingObserver();
        }
    }

    /// The output of an operator takes over the parameters of its first input (PyTorch's `ReuseInputObserver`); if the
    /// input is not quantized, neither is the output. There is nothing to create.
    record ReuseInput() implements ObserverSpec {
        /// @throws UnsupportedOperationException always
        @Override
        public Observer create(int channelAxis) {
            throw new UnsupportedOperationException("an output that reuses its input's parameters has no observer");
        }
    }

    /// See [MagnitudeHistogramObserver].
    ///
    /// @param bins of the first batch; at least 2
    record Magnitudes(MagnitudeSearch search, int bins) implements ObserverSpec {
        public Magnitudes {
            CountingMethod.requireBins(bins);
        }

        @Override
        public Observer create(int channelAxis) {
            return new MagnitudeHistogramObserver(this);
        }
    }

    /// ONNX Runtime's entropy calibration; takes two passes.
    ///
    /// @param bins at least as many as `quantizedBins`
    /// @param quantizedBins levels that stand for the values; at least 2
    record OnnxRuntimeEntropyBins(int bins, int quantizedBins) implements ObserverSpec {
        public OnnxRuntimeEntropyBins {
            bins = new OnnxRuntimeEntropy(bins, quantizedBins).bins();
        }

        @Override
        public Observer create(int channelAxis) {
            return new TwoPassHistogramObserver(new OnnxRuntimeEntropy(bins, quantizedBins));
        }
    }

    /// ONNX Runtime's percentile calibration; takes two passes.
    ///
    /// @param bins at least 2
    /// @param percentile part of the values that is kept, in percent
    /// @param magnitudes whether the same is cut off at both ends
    record OnnxRuntimePercentileBins(int bins, double percentile, boolean magnitudes) implements ObserverSpec {
        public OnnxRuntimePercentileBins {
            bins = new OnnxRuntimePercentile(bins, percentile, magnitudes).bins();
        }

        @Override
        public Observer create(int channelAxis) {
            return new TwoPassHistogramObserver(new OnnxRuntimePercentile(bins, percentile, magnitudes));
        }
    }

    /// ncnn's Kullback-Leibler calibration; takes two passes.
    record Kl() implements ObserverSpec {
        @Override
        public Observer create(int channelAxis) {
            return new TwoPassHistogramObserver(new NcnnKl());
        }
    }

    /// See [AciqObserver].
    record Aciq() implements ObserverSpec {
        @Override
        public Observer create(int channelAxis) {
            return new AciqObserver();
        }
    }

    /// See [LaplaceObserver]; takes two passes.
    record Laplace() implements ObserverSpec {
        @Override
        public Observer create(int channelAxis) {
            return new LaplaceObserver();
        }
    }

    /// See [AbsMaxObserver].
    ///
    /// @param deviations largest magnitude to keep, in root mean squares; positive, infinite to keep all
    record AbsMax(double deviations) implements ObserverSpec {
        public AbsMax {
            if (!(deviations > 0)) {
                throw new IllegalArgumentException("deviations: expected a positive number, found " + deviations);
            }
        }

        @Override
        public Observer create(int channelAxis) {
            return new AbsMaxObserver(deviations);
        }
    }
}
