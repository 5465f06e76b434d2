package dev.octet.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Graph;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.observer.ObserverState;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Samples that run at once are observed in their order.
class CalibrationThreadsTest {
    private final Graph graph = TinyGraphs.cnn();

    private List<Map<String, Tensor>> samples(int count) {
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Map<String, Tensor> sample = TinyGraphs.sample(graph, i);
            // Ranges that grow and shrink again, so that an exchange of two samples shows.
            sample.values().forEach(t -> t.setFloat(0, t.getFloat(0) * 10));
            samples.add(sample);
        }
        return samples;
    }

    /// Every number of a table that is not the date.
    private static Map<String, List<Object>> numbers(CalibrationTable table) {
        Map<String, List<Object>> numbers = new TreeMap<>();
        table.entries()
                .forEach((name, entry) -> {
                    List<Object> all = new ArrayList<>(List.of(entry.params().toString()));
                    ObserverState state = entry.statistics();
                    if (state != null) {
                        all.add(state.numbers());
                        state.arrays().forEach((key, array) -> all.add(key + Arrays.hashCode(array)));
                    }
                    numbers.put(name, all);
                });
        return numbers;
    }

    @Test
    void tablesAreTheSameForAnyNumberOfThreads() {
        Dataset data = Dataset.of(samples(37));
        for (ObserverSpec observer : List.of(ObserverSpec.HISTOGRAM, ObserverSpec.MOVING_AVERAGE)) {
            QuantizationSpec spec = Presets.X86.withActivation(Presets.X86.activation().withObserver(observer));
            PreparedGraph prepared = Quantizer.prepare(graph, spec);
            Map<String, List<Object>> one = numbers(prepared.calibrate(data, 1, CalibrationListener.NONE));
            for (int threads : new int[] {2, 5, 16}) {
                List<Long> progress = new ArrayList<>();
                CalibrationTable table = prepared.calibrate(data, threads, (n, of, s) -> progress.add(n));
                assertThat(numbers(table)).as("%s, %d threads", observer, threads).isEqualTo(one);
                assertThat(progress).isSorted().hasSize(37);
            }
        }
    }

    @Test
    void theFirstSampleThatFailsIsNamed() {
        for (int threads : new int[] {1, 2, 5}) {
            List<Map<String, Tensor>> samples = samples(20);
            for (int odd : new int[] {7, 8, 13}) {
                samples.get(odd).values().forEach(t -> t.setFloat(5, Float.NaN));
            }
            PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86);
            Dataset data = Dataset.of(samples);
            assertThatThrownBy(() -> prepared.calibrate(data, threads, CalibrationListener.NONE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("sample 7: value 'x': ");
        }
    }
}
