package dev.octet.qat;

/// The best epoch so far.
///
/// @param report of what training started from if nothing was better, or nothing could be judged yet
/// @param parameters the block's parameters after that epoch; empty if nothing could be judged yet
record BestEpoch(EpochReport report, byte[] parameters) {
    static final BestEpoch NONE =
            new BestEpoch(
                    new EpochReport(EpochReport.START, Double.NaN, Double.POSITIVE_INFINITY, Double.NaN, false),
                    new byte[0]);
}
