package dev.octet.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.quantize.calibration.CalibrationEntry;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.observer.ObserverState;
import dev.octet.quantize.spec.Presets;
import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Iterator;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// What calibration keeps does not depend on how many samples it sees.
class CalibrationMemoryTest {
    /// Samples of which each is freed when the next one is asked for: reading one later fails.
    private record Passing(Graph graph, int count) implements Dataset {
        @Override
        public OptionalLong size() {
            return OptionalLong.empty();
        }

        @Override
        public Iterator<Map<String, Tensor>> iterator() {
            return new Iterator<>() {
                private Arena arena = Arena.ofShared();
                private int given;

                @Override
                public boolean hasNext() {
                    return given < count;
                }

                @Override
                public Map<String, Tensor> next() {
                    arena.close();
                    arena = Arena.ofShared();
                    Tensor drawn = TinyGraphs.sample(graph, given++).get("x");
                    Tensor passing = Tensor.allocate(arena, drawn.dtype(), drawn.shape());
                    passing.data().copyFrom(drawn.data());
                    return Map.of("x", passing);
                }
            };
        }
    }

    @Test
    void keepsNoSampleAndNoMoreOfManyThanOfFew() {
        Graph graph = TinyGraphs.cnn();
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86);
        CalibrationTable few = prepared.calibrate(new Passing(graph, 2), 1, CalibrationListener.NONE);
        CalibrationTable many = prepared.calibrate(new Passing(graph, 300), 2, CalibrationListener.NONE);
        assertThat(many.provenance().samples()).isEqualTo(300);
        assertThat(numbersKept(many)).isEqualTo(numbersKept(few)).isGreaterThan(2048);
    }

    private static long numbersKept(CalibrationTable table) {
        long count = 0;
        for (CalibrationEntry entry : table.entries().values()) {
            ObserverState state = entry.statistics();
            if (state != null) {
                count += state.arrays().values().stream().mapToLong(a -> a.length).sum() + state.numbers().size();
            }
        }
        return count;
    }
}
