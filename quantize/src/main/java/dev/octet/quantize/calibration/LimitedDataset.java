package dev.octet.quantize.calibration;

import dev.octet.tensor.Tensor;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.OptionalLong;

/// The beginning of a dataset; what comes after is not read.
record LimitedDataset(Dataset source, long limit) implements Dataset {
    LimitedDataset {
        if (limit < 0) {
            throw new IllegalArgumentException("limit: expected at least 0, found " + limit);
        }
    }

    @Override
    public OptionalLong size() {
        OptionalLong size = source.size();
        return size.isPresent() ? OptionalLong.of(Math.min(size.getAsLong(), limit)) : size;
    }

    @Override
    public String description() {
        return "the first " + limit + " of " + source.description();
    }

    @Override
    public Iterator<Map<String, Tensor>> iterator() {
        Iterator<Map<String, Tensor>> all = source.iterator();
        return new Iterator<>() {
            private long taken;

            @Override
            public boolean hasNext() {
                return taken < limit && all.hasNext();
            }

            @Override
            public Map<String, Tensor> next() {
                if (taken >= limit) {
                    throw new NoSuchElementException();
                }
                taken++;
                return all.next();
            }
        };
    }
}
