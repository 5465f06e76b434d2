package dev.octet.qat.quantizer;

import ai.djl.ndarray.NDManager;
import dev.octet.quant.Granularity;
import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.DType;
import org.jspecify.annotations.Nullable;

/// Where a fake quantization stands.
///
/// @param name of the value or constant; what parameters and messages call it
/// @param channelAxis axis along which each index has a scale of its own; -1 for one scale
/// @param channels how many scales there are
/// @param constant whether the value is a weight or another constant: conversion rounds it once, to the integers of the
///   scheme; whatever is computed at run time is clamped to those of the type
/// @param initial parameters to start from; null to find them in the first batch
/// @param manager owner of the parameters
public record QuantizedSite(
        String name,
        QuantScheme scheme,
        NumericsProfile numerics,
        int channelAxis,
        int channels,
        boolean constant,
        @Nullable QuantParams initial,
        NDManager manager) {
    public QuantizedSite {
        if (initial != null && initial.scales().length != channels) {
            throw new IllegalArgumentException(
                    "'" + name + "': expected " + channels + " scales, found " + initial.scales().length);
        }
    }

    /// The integers that a converted network clamps to; training keeps to the scheme's, which may be fewer.
    QuantScheme stored() {
        DType dtype = scheme.dtype();
        return constant
                ? scheme
                : new QuantScheme(dtype, scheme.symmetric(), (int) dtype.minValue(), (int) dtype.maxValue());
    }

    boolean perChannel() {
        return channelAxis >= 0;
    }

    Granularity granularity() {
        return perChannel() ? Granularity.perChannel(channelAxis) : Granularity.PER_TENSOR;
    }

    QuantParams params(float[] scales, int[] zeroPoints) {
        return new QuantParams(scheme.dtype(), scheme.quantMin(), scheme.quantMax(), granularity(), scales, zeroPoints);
    }

    /// @throws IllegalArgumentException naming the value
    QuantParams params(float[] mins, float[] maxs) {
        try {
            return scheme.params(mins, maxs, granularity(), numerics);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + name + "': " + e.getMessage(), e);
        }
    }
}
