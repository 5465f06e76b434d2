package dev.octet.qat;

/// How an epoch went.
///
/// @param epoch from 0; [#START] for what training starts from
/// @param loss mean over the samples trained with; NaN for the start
/// @param validationLoss mean over those held back, or where none are over all, of the network as it would be converted
///   after the epoch
/// @param accuracy likewise, the part of the samples whose largest score is the label's, or without labels that of the
///   float network; NaN where outputs are no scores
/// @param best whether nothing before was better, the start included
public record EpochReport(int epoch, double loss, double validationLoss, double accuracy, boolean best) {
    /// The number of the report on what training starts from.
    public static final int START = -1;
}
