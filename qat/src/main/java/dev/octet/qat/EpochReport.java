package dev.octet.qat;

/// How an epoch went.
///
/// @param epoch from 0
/// @param loss mean over the samples trained with
/// @param validationLoss mean over those held back; that of training where none are
/// @param accuracy part of those held back (where none are, of those trained with, as the epoch came by them) whose
///   largest score is the label's, or without labels that of the float network; NaN where outputs are no scores
/// @param best whether no epoch before was better
public record EpochReport(int epoch, double loss, double validationLoss, double accuracy, boolean best) {}
