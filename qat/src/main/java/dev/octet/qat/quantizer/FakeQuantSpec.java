package dev.octet.qat.quantizer;

/// How the parameters of a fake quantization are found while a network trains; the integers themselves are the business
/// of a [dev.octet.quant.QuantScheme].
public sealed interface FakeQuantSpec {
    /// PyTorch's default for new networks.
    FakeQuantSpec FUSED = new FusedMovingAverage(0.01);

    /// A fake quantization of one value, or of several that share their parameters.
    FakeQuantizer create(QuantizedSite site);

    /// The range of all batches so far (PyTorch `FakeQuantize` with `MinMaxObserver`).
    record MinMax() implements FakeQuantSpec {
        @Override
        public FakeQuantizer create(QuantizedSite site) {
            return new ObservedFakeQuantizer(site, 0);
        }
    }

    /// A moving average of the ranges of batches (PyTorch `FakeQuantize` with `MovingAverageMinMaxObserver`).
    ///
    /// @param constant weight of a new batch, in `(0, 1]`
    record MovingAverage(double constant) implements FakeQuantSpec {
        public MovingAverage {
            requireConstant(constant);
        }

        @Override
        public FakeQuantizer create(QuantizedSite site) {
            return new ObservedFakeQuantizer(site, constant);
        }
    }

    /// Likewise, with PyTorch's rule for run-time parameters: symmetric scales reach one step further below zero
    /// (`FusedMovingAvgObsFakeQuantize`). Integers must be those of PyTorch's profile.
    ///
    /// @param constant weight of a new batch, in `(0, 1]`
    record FusedMovingAverage(double constant) implements FakeQuantSpec {
        public FusedMovingAverage {
            requireConstant(constant);
        }

        @Override
        public FakeQuantizer create(QuantizedSite site) {
            return new FusedFakeQuantizer(site, constant);
        }
    }

    /// Parameters that do not change: those of a calibration table, or that the specification fixes. Without any, those
    /// of the first batch.
    record Fixed() implements FakeQuantSpec {
        @Override
        public FakeQuantizer create(QuantizedSite site) {
            ObservedFakeQuantizer quantizer = new ObservedFakeQuantizer(site, 0);
            quantizer.freezeOnceKnown();
            return quantizer;
        }
    }

    /// Scale and zero point that the optimizer trains (LSQ, arXiv 1902.08153; PyTorch `_LearnableFakeQuantize`). They
    /// start from a calibration table, or else from the first batch: `2·mean|x|/√quantMax` where symmetric, the range
    /// where not.
    ///
    /// @param scaleGradients whether gradients are multiplied by `1/√(elements·quantMax)`, as in the paper and in
    ///   PyTorch, where per channel, too, all elements count
    /// @param zeroPoint whether the zero point is trained, too (LSQ+, arXiv 2004.09576)
    record Learned(boolean scaleGradients, boolean zeroPoint) implements FakeQuantSpec {
        @Override
        public FakeQuantizer create(QuantizedSite site) {
            return new LearnedFakeQuantizer(site, this);
        }
    }

    /// A value clipped to `[0, α]` with α trained (PACT, arXiv 1805.06085). For values that are not negative.
    ///
    /// @param start α before training, where no calibration table says
    record Clipped(float start) implements FakeQuantSpec {
        @Override
        public FakeQuantizer create(QuantizedSite site) {
            return new ClippedFakeQuantizer(site, start);
        }
    }

    /// TensorFlow's `fake_quant_with_min_max_vars`: a range nudged so that zero is an integer, rounded half up.
    ///
    /// @param constant weight of a new batch in the moving average of ranges (1 − TensorFlow's decay); 0 where
    ///   gradients train the range
    record Nudged(double constant) implements FakeQuantSpec {
        @Override
        public FakeQuantizer create(QuantizedSite site) {
            return new NudgedFakeQuantizer(site, constant);
        }
    }

    private static void requireConstant(double constant) {
        if (!(constant > 0 && constant <= 1)) {
            throw new IllegalArgumentException("averaging constant: expected in (0, 1], found " + constant);
        }
    }
}
