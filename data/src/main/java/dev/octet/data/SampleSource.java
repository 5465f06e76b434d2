package dev.octet.data;

import dev.octet.quantize.calibration.Dataset;
import dev.octet.tensor.Tensor;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Samples read from files one by one while they are iterated; each iteration reads anew. Closing frees what the reader
/// holds (a tokenizer, an archive's arrays).
public interface SampleSource extends Dataset, AutoCloseable {
    @Override
    default void close() {}

    /// A source over a list that reads each element when it is asked for.
    ///
    /// @param description where the samples come from
    static <T> SampleSource over(String description, List<T> elements, Reader<T> reader) {
        return new SampleSource() {
            @Override
            public Iterator<Map<String, Tensor>> iterator() {
                return elements.stream().map(reader::read).iterator();
            }

            @Override
            public OptionalLong size() {
                return OptionalLong.of(elements.size());
            }

            @Override
            public String description() {
                return description;
            }
        };
    }

    /// Reads one sample.
    @FunctionalInterface
    interface Reader<T> {
        Map<String, Tensor> read(T element);
    }
}
