package dev.octet.quantize;

import dev.octet.quant.LinearQuantization;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.observer.MinMaxObserver;
import dev.octet.quantize.observer.Observer;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.Placement;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;

/// A constant in integers.
record QuantizedConstant(Tensor values, LinearQuantization quantization) {
    /// Smallest scale of products at which ONNX Runtime stores a bias, in units of its largest magnitude: half the
    /// integers of 32 bits, less a margin for rounding.
    private static final double BIAS_STEP = 1.0001 * 2 / (0x1p32 - 2);

    static QuantizedConstant of(Tensor values, QuantParams params, QuantizationSpec spec) {
        LinearQuantization quantization = new LinearQuantization(params, spec.numerics());
        return new QuantizedConstant(quantization.quantize(values), quantization);
    }

    /// A small operand of an addition or multiplication.
    static QuantizedConstant ofOperand(String constant, Tensor values, QuantizationSpec spec) {
        return of(values, weightParams(values, operandSpec(constant, spec), -1, spec), spec);
    }

    /// How a small operand is quantized: as the specification says of that constant, else in the type of the
    /// activations; in PyTorch's FX flow as any value.
    static TensorSpec operandSpec(String constant, QuantizationSpec spec) {
        TensorSpec own = spec.tensors().get(constant);
        if (own == null && spec.placement() == Placement.FX) {
            return spec.activation();
        }
        return own == null ? new TensorSpec(ObserverSpec.MIN_MAX, operandScheme(spec)) : own;
    }

    /// Its whole range: how many bits the activations use does not matter there. ONNX Runtime's tool has rules of its
    /// own for it.
    private static QuantScheme operandScheme(QuantizationSpec spec) {
        QuantScheme activations = spec.activation().scheme();
        QuantScheme weights = spec.weight().scheme();
        if (spec.placement() != Placement.EVERYWHERE) {
            return activations.symmetric() ? activations : QuantScheme.affine(activations.dtype());
        }
        if (spec.format() == QuantFormat.QOPERATOR) {
            boolean asWeights = activations.dtype() == weights.dtype();
            boolean symmetric = asWeights ? weights.symmetric() : activations.symmetric();
            return QuantScheme.onnxRuntime(activations.dtype(), symmetric, false);
        }
        boolean reduced = weights.equals(QuantScheme.onnxRuntime(weights.dtype(), weights.symmetric(), true));
        return QuantScheme.onnxRuntime(activations.dtype(), activations.symmetric(), reduced);
    }

    /// Parameters of weights as a specification says.
    static QuantParams weightParams(Tensor weights, TensorSpec tensorSpec, int channelAxis, QuantizationSpec spec) {
        boolean perChannel = tensorSpec.observer().perChannel() && channelAxis >= 0;
        Observer observer =
                perChannel || !tensorSpec.observer().perChannel()
                        ? tensorSpec.observer().create(Math.max(channelAxis, 0))
                        : new MinMaxObserver();
        observer.observeWhole(weights);
        return observer.params(tensorSpec.scheme(), spec.numerics().ofConstants());
    }

    /// Parameters with scales large enough that each bias fits in 32 bits at the scale of the products (ONNX Runtime's
    /// rule, which its tool keeps to symmetric weights).
    static QuantParams fitBias(QuantParams weights, float inputScale, Tensor bias) {
        float[] scales = weights.scales().clone();
        long count = bias.elementCount();
        for (long i = 0; i < count; i++) {
            int c = scales.length == 1 ? 0 : (int) (count == 1 ? 0 : i);
            double smallest = Math.abs(bias.getDouble(i)) * BIAS_STEP / inputScale;
            if (scales[c] < smallest) {
                scales[c] = (float) smallest;
            }
        }
        return new QuantParams(
                weights.dtype(),
                weights.quantMin(),
                weights.quantMax(),
                weights.granularity(),
                scales,
                weights.zeroPoints());
    }

    /// A bias as `round(bias / scale)` in 32 bits.
    ///
    /// @param scales scales of the products: one, or one per element
    static Tensor bias(Tensor bias, float[] scales) {
        Tensor quantized = Tensor.allocate(DType.INT32, bias.shape());
        for (long i = 0; i < bias.elementCount(); i++) {
            double steps = Math.rint(bias.getDouble(i) / scales[scales.length == 1 ? 0 : (int) i]);
            quantized.setLong(i, (long) Math.clamp(steps, Integer.MIN_VALUE, Integer.MAX_VALUE));
        }
        return quantized;
    }

    QuantParams params() {
        return quantization.params();
    }

    Tensor dequantized() {
        return quantization.dequantize(values);
    }
}
