package dev.octet.kernels.x64;

import dev.octet.formula.Formula;
import dev.octet.graph.op.Epilogue;
import dev.octet.kernels.OutputStage;
import dev.octet.tensor.DType;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is done with the sums of a tile before they are stored, as far as code depends on it: steps in the order of the
/// components. Numbers come as arguments.
///
/// @param integer whether the sums are integers; a bias is added to those
/// @param corrected whether each row's sum times the column's zero point is subtracted
/// @param scaled whether they are multiplied by one number per column, as floats
/// @param rescaled whether that number is multiplied by another before, which depends on the data
/// @param addend whether a float per column is added
/// @param residual whether a tensor like the result is added
/// @param formula of the function that is applied then, or null
/// @param divided whether a division follows
/// @param result INT32 (of integers), FLOAT32, or the 8-bit type to round to
record Finish(
        boolean integer,
        boolean corrected,
        boolean scaled,
        boolean rescaled,
        boolean addend,
        boolean residual,
        @Nullable Formula formula,
        boolean divided,
        DType result) {
    /// That of an integer product, if there is code for its function.
    static Optional<Finish> of(OutputStage stage, boolean corrected) {
        return switch (stage) {
            case OutputStage.Accumulator _ ->
                    Optional.of(new Finish(true, corrected, false, false, false, false, null, false, DType.INT32));
            case OutputStage.Dequantize d -> of(d.epilogue(), corrected, false, false, false, DType.FLOAT32);
            case OutputStage.Rescale r -> of(r.epilogue(), corrected, true, r.bias() != null, false, DType.FLOAT32);
            case OutputStage.Requantize r ->
                    of(r.epilogue(), corrected, false, false, !r.epilogue().isNone(), r.dtype());
        };
    }

    private static Optional<Finish> of(
            Epilogue epilogue, boolean corrected, boolean rescaled, boolean addend, boolean divided, DType result) {
        Formula formula = epilogue.formula().orElse(null);
        if (formula == null && !epilogue.isNone()) {
            return Optional.empty();
        }
        return Optional.of(
                new Finish(
                        true,
                        corrected,
                        true,
                        rescaled,
                        addend,
                        false,
                        epilogue.isNone() ? null : formula,
                        divided,
                        result));
    }

    /// That of a float product, if there is code for its function.
    static Optional<Finish> of(boolean scaled, boolean addend, boolean residual, Epilogue epilogue) {
        Formula formula = epilogue.formula().orElse(null);
        if (formula == null && !epilogue.isNone()) {
            return Optional.empty();
        }
        return Optional.of(
                new Finish(
                        false,
                        false,
                        scaled,
                        false,
                        addend,
                        residual,
                        epilogue.isNone() ? null : formula,
                        false,
                        DType.FLOAT32));
    }

    boolean isByte() {
        return result.bits() == 8;
    }

    /// Bytes of an element of the result.
    int elementBytes() {
        return result.bits() / 8;
    }
}
