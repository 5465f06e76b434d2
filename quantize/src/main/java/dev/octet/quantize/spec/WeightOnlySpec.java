package dev.octet.quantize.spec;

import dev.octet.quant.CodebookWeights;
import org.jspecify.annotations.Nullable;

/// How a graph is quantized of which only the weights are stored in integers; products stay in float.
///
/// @param bits 2, 4 or 8
/// @param block rows that share a scale, in one column of a matrix; ONNX Runtime's kernels take powers of two from 16
///   on
/// @param symmetric whether the zero point is fixed
/// @param codebook levels that are not at equal distances, which take the place of `bits` and `symmetric`; null for
///   integers
/// @param rules which nodes are left out: its operators and rules count; and whether integers are written with their
///   DequantizeLinear or as ONNX Runtime's MatMulNBits: its format
public record WeightOnlySpec(
        int bits, int block, boolean symmetric, CodebookWeights.@Nullable Format codebook, QuantizationSpec rules) {
    public WeightOnlySpec {
        if (bits != 2 && bits != 4 && bits != 8) {
            throw new IllegalArgumentException("bits of weights: expected 2, 4 or 8, found " + bits);
        }
        if (block < 16 || Integer.bitCount(block) != 1) {
            throw new IllegalArgumentException("block size: expected a power of two from 16 on, found " + block);
        }
    }

    /// Integers in blocks.
    public WeightOnlySpec(int bits, int block, boolean symmetric, QuantizationSpec rules) {
        this(bits, block, symmetric, null, rules);
    }

    /// Levels of a codebook in blocks.
    public WeightOnlySpec(CodebookWeights.Format codebook, int block, QuantizationSpec rules) {
        this(4, block, true, codebook, rules);
    }

    /// This specification with other rules.
    public WeightOnlySpec withRules(QuantizationSpec newRules) {
        return new WeightOnlySpec(bits, block, symmetric, codebook, newRules);
    }
}
