package dev.octet.onnx;

import java.util.OptionalInt;

/// How [OnnxWriter] writes a model.
///
/// @param externalDataThreshold bytes of weights above which they go to a file of their own beside the model, named as
///   the model with `.data` appended; protobuf bounds the model's own file to 2 GiB
/// @param opset version of the standard's operators to write. If it is not given: the graph's own, if it was read from
///   a file; else one that runtimes in use load; in any case at least that from which on all its operators can be
///   written
public record WriteOptions(long externalDataThreshold, OptionalInt opset) {
    /// Largest threshold: it leaves room for the rest of the model within 2 GiB.
    public static final long MAX_EXTERNAL_DATA_THRESHOLD = 3L << 29;

    private static final WriteOptions DEFAULTS = new WriteOptions(MAX_EXTERNAL_DATA_THRESHOLD, OptionalInt.empty());

    public WriteOptions {
        if (externalDataThreshold < 0 || externalDataThreshold > MAX_EXTERNAL_DATA_THRESHOLD) {
            throw new IllegalArgumentException(
                    "externalDataThreshold: expected 0 to "
                            + MAX_EXTERNAL_DATA_THRESHOLD
                            + " bytes, found "
                            + externalDataThreshold);
        }
        opset.ifPresent(version -> {
            if (version < OpsetRequirement.OLDEST || version > OpsetRequirement.NEWEST) {
                throw new IllegalArgumentException(
                        "opset: expected "
                                + OpsetRequirement.OLDEST
                                + " to "
                                + OpsetRequirement.NEWEST
                                + ", found "
                                + version);
            }
        });
    }

    /// Weights of more than 1.5 GiB go to a file of their own.
    public static WriteOptions defaults() {
        return DEFAULTS;
    }

    public WriteOptions withExternalDataThreshold(long bytes) {
        return new WriteOptions(bytes, opset);
    }

    public WriteOptions withOpset(int version) {
        return new WriteOptions(externalDataThreshold, OptionalInt.of(version));
    }
}
