package dev.octet.quantize.calibration;

import java.util.OptionalLong;

/// Hears how far a calibration has come, after each sample.
@FunctionalInterface
public interface CalibrationListener {
    /// Hears nothing.
    CalibrationListener NONE = (_, _, _) -> {};

    /// @param samples how many are done
    /// @param total how many there are, if known
    /// @param seconds since the start
    void progress(long samples, OptionalLong total, double seconds);
}
