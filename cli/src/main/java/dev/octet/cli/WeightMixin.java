package dev.octet.cli;

import dev.octet.quant.CodebookWeights;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.WeightOnlySpec;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options of weights that alone are quantized.
final class WeightMixin {
    @Option(
            names = "--weight-bits",
            paramLabel = "N",
            defaultValue = "8",
            description = "with --mode weight-only: 2, 4 or 8 (default: ${DEFAULT-VALUE})")
    private int bits = 8;

    @Option(
            names = "--block-size",
            paramLabel = "N",
            defaultValue = "128",
            description = "with --mode weight-only: weights that share a scale (default: ${DEFAULT-VALUE})")
    private int block = 128;

    @Option(names = "--asymmetric", description = "with --mode weight-only: blocks have zero points of their own")
    private boolean asymmetric;

    @Option(
            names = "--weight-format",
            paramLabel = "FORMAT",
            description = {
                "with --mode weight-only: levels that are not at equal distances, in place of --weight-bits:",
                "${COMPLETION-CANDIDATES}; only Octet runs the result"
            })
    private CodebookWeights.@Nullable Format format;

    /// @param rules which nodes are left out
    WeightOnlySpec spec(QuantizationSpec rules) {
        if (bits != 2 && bits != 4 && bits != 8) {
            throw new UserException("--weight-bits: expected 2, 4 or 8, found " + bits);
        }
        return format == null
                ? new WeightOnlySpec(bits, block, !asymmetric, rules)
                : new WeightOnlySpec(format, block, rules);
    }
}
