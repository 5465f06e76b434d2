package dev.octet.qat;

import dev.octet.qat.quantizer.FakeQuantSpec;
import dev.octet.quantize.spec.QuantizationSpec;

/// How a graph is trained for quantization.
///
/// @param quantization what is quantized, and to which integers; conversion goes by it. Training rounds a value once
///   for all who read it, so conversion does too, whatever it says of quantizing inputs only
/// @param activation how parameters of values between operators are found in training
/// @param weight how those of weights are found
/// @param norm how a batch normalization is trained with the operator that it will be folded into
public record QatSpec(
        QuantizationSpec quantization, FakeQuantSpec activation, FakeQuantSpec weight, NormTraining norm) {
    public QatSpec {
        quantization = quantization.withInputsOnly(false);
    }

    /// Ways to train a batch normalization together with the operator before it.
    public enum NormTraining {
        /// PyTorch's default: one product; gradients reach the weights through the running deviation.
        APPROXIMATE,
        /// PyTorch's slow path: two products; stable where a channel's factor is near zero.
        EXACT
    }

    public QatSpec withQuantization(QuantizationSpec newQuantization) {
        return new QatSpec(newQuantization, activation, weight, norm);
    }

    public QatSpec withActivation(FakeQuantSpec newActivation) {
        return new QatSpec(quantization, newActivation, weight, norm);
    }

    public QatSpec withWeight(FakeQuantSpec newWeight) {
        return new QatSpec(quantization, activation, newWeight, norm);
    }

    public QatSpec withNorm(NormTraining newNorm) {
        return new QatSpec(quantization, activation, weight, newNorm);
    }
}
