package dev.octet.quantize.calibration;

import dev.octet.tensor.Tensor;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Inputs of a model, one map from input name to tensor for each run. It may be read more than once; a sample is only
/// used until the next one is asked for.
public interface Dataset extends Iterable<Map<String, Tensor>> {
    /// How many samples there are, if that is known without reading them.
    OptionalLong size();

    /// What it is, for provenance and messages.
    default String description() {
        return getClass().getSimpleName();
    }

    /// Samples that are in memory already.
    static Dataset of(List<Map<String, Tensor>> samples) {
        List<Map<String, Tensor>> copy = List.copyOf(samples);
        return new Dataset() {
            @Override
            public OptionalLong size() {
                return OptionalLong.of(copy.size());
            }

            @Override
            public Iterator<Map<String, Tensor>> iterator() {
                return copy.iterator();
            }

            @Override
            public String description() {
                return copy.size() + " samples in memory";
            }
        };
    }

    /// The first `limit` samples.
    default Dataset limit(long limit) {
        return new LimitedDataset(this, limit);
    }
}
