package dev.octet.qat;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.SplittableRandom;

/// How weights are drawn before training, from the number of inputs and outputs that an element takes part in.
public enum WeightInit {
    /// Normal with deviation `√(2/fanIn)`: for layers followed by ReLU (He et al., arXiv 1502.01852).
    KAIMING_NORMAL,
    /// Uniform in `±1/√fanIn`: PyTorch's default for its layers.
    KAIMING_UNIFORM,
    /// Normal with deviation `√(2/(fanIn + fanOut))` (Glorot and Bengio 2010).
    XAVIER_NORMAL,
    /// Uniform in `±√(6/(fanIn + fanOut))`.
    XAVIER_UNIFORM,
    ZEROS,
    ONES;

    /// A tensor of weights.
    public Tensor draw(SplittableRandom random, Shape shape, long fanIn, long fanOut) {
        Tensor tensor = Tensor.allocate(DType.FLOAT32, shape);
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setDouble(
                    i,
                    switch (this) {
                        case KAIMING_NORMAL -> random.nextGaussian() * Math.sqrt(2.0 / fanIn);
                        case KAIMING_UNIFORM -> uniform(random, 1 / Math.sqrt(fanIn));
                        case XAVIER_NORMAL -> random.nextGaussian() * Math.sqrt(2.0 / (fanIn + fanOut));
                        case XAVIER_UNIFORM -> uniform(random, Math.sqrt(6.0 / (fanIn + fanOut)));
                        case ZEROS -> 0;
                        case ONES -> 1;
                    });
        }
        return tensor;
    }

    private static double uniform(SplittableRandom random, double bound) {
        return (2 * random.nextDouble() - 1) * bound;
    }
}
