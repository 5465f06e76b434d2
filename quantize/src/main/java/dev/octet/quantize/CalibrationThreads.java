package dev.octet.quantize;

/// How the threads of a calibration are used.
///
/// Samples that run at once keep all threads busy without waiting for each other at every layer, but each needs memory
/// of its own; so large networks take all threads for one sample.
///
/// @param runs samples that run at once
/// @param session threads of the session that runs them, of which one takes part in each run
record CalibrationThreads(int runs, int session) {
    /// Bytes that runs at once may take.
    private static final long MOST_BYTES = 1L << 30;

    /// @param threads at least 1
    /// @param runBytes that one run takes
    static CalibrationThreads of(int threads, long runBytes) {
        int runs = Math.clamp(MOST_BYTES / Math.max(1, runBytes), 1, threads);
        return new CalibrationThreads(runs, threads - runs + 1);
    }
}
