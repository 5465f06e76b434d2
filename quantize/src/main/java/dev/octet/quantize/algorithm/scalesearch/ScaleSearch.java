package dev.octet.quantize.algorithm.scalesearch;

import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.quant.NumericsProfile.ScaleRule;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.QuantizedNode;
import dev.octet.quantize.SharedRange;
import dev.octet.quantize.calibration.CalibrationEntry;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/// Looks for scales around those that calibration found with which the INT8 results of each layer have the greatest
/// cosine similarity to those in float (`method=eq` of ncnn's `ncnn2table`): layer by layer, first the scale of each
/// weight channel, then that of the input, each of [#steps] multipliers from half to twice.
///
/// It suits the preset `ncnn`: multipliers, values in ±127, layers of Conv, Gemm and MatMul with constant weights.
/// Where several layers read one value, the last one's scale counts, while ncnn has one for each. It computes each
/// layer `steps` times for each sample and channel group, in plain Java: for small networks or few samples.
///
/// @param samples how many samples it sees at most; ncnn takes 50
/// @param steps how many multipliers it tries; ncnn tries 100
public record ScaleSearch(int samples, int steps) {
    /// What ncnn does.
    public static final ScaleSearch NCNN = new ScaleSearch(50, 100);

    private static final int LARGEST = 127;

    public ScaleSearch {
        if (samples < 1 || steps < 1) {
            throw new IllegalArgumentException(
                    "scale search: expected at least 1 sample and step, found " + samples + " and " + steps);
        }
    }

    /// The table with the scales found, of inputs and of weights.
    ///
    /// @param table that calibration made
    /// @param options threads and limits of the runs
    /// @throws IllegalArgumentException if the graph was prepared for other arithmetic than ncnn's
    public CalibrationTable apply(
            PreparedGraph prepared,
            CalibrationTable table,
            Dataset data,
            SessionOptions options,
            CalibrationListener progress) {
        if (prepared.spec().numerics().scaleRule() != ScaleRule.NCNN) {
            throw new IllegalArgumentException("scale search: expected preset ncnn, found " + prepared.spec().name());
        }
        Map<String, QuantizedNode> nodes = prepared.quantizedNodes();
        CalibrationTable result = table;
        long done = 0;
        long start = System.nanoTime();
        for (QuantizedNode node : nodes.values()) {
            IntegerLayer layer = IntegerLayer.of(prepared.graph(), node, nodes);
            if (layer != null) {
                result = search(prepared, layer, result, data, options);
                progress.progress(++done, data.size(), (System.nanoTime() - start) / 1e9);
            }
        }
        return result;
    }

    /// A layer's input and results in float.
    private record Sample(Tensor x, Tensor y) {}

    private CalibrationTable search(
            PreparedGraph prepared, IntegerLayer layer, CalibrationTable table, Dataset data, SessionOptions options) {
        String range = range(prepared, layer.input());
        Optional<CalibrationEntry> input = table.entry(range);
        QuantParams weights = prepared.weightParams(table).get(layer.node());
        if (input.isEmpty() || weights == null) {
            return table;
        }
        float[] multipliers = new float[weights.scales().length];
        for (int c = 0; c < multipliers.length; c++) {
            multipliers[c] = 1 / weights.scales()[c];
        }
        float inputMultiplier = 1 / input.get().params().scale();
        List<Sample> seen = samples(prepared, layer, data, options);
        Search search = new Search(layer, seen, multipliers, inputMultiplier);
        for (int c = 0; c < multipliers.length; c++) {
            int channel = c;
            multipliers[c] = best(multipliers[c], m -> search.withWeight(channel, (float) m));
            search.setWeight(channel, multipliers[c]);
        }
        float found = best(inputMultiplier, m -> search.withInput((float) m));
        QuantParams x = QuantParams.perTensor(input.get().params().dtype(), -LARGEST, LARGEST, 1 / found, 0);
        float[] scales = new float[multipliers.length];
        for (int c = 0; c < scales.length; c++) {
            scales[c] = 1 / multipliers[c];
        }
        QuantParams w =
                new QuantParams(
                        weights.dtype(), -LARGEST, LARGEST, weights.granularity(), scales, weights.zeroPoints());
        return table.with(range, new CalibrationEntry(x, null))
                .with(layer.weight().value(), new CalibrationEntry(w, null));
    }

    private static String range(PreparedGraph prepared, String value) {
        return prepared.ranges().stream()
                .filter(r -> r.values().contains(value))
                .map(SharedRange::name)
                .findFirst()
                .orElse(value);
    }

    /// The first of the multipliers from half to twice with the greatest similarity; as it was if none has any.
    private float best(float multiplier, DoubleUnaryOperator similarity) {
        float low = multiplier * 0.5f;
        float step = (multiplier * 2 - low) / steps;
        double[] found =
                IntStream.range(0, steps)
                        .parallel()
                        .mapToDouble(k -> similarity.applyAsDouble(low + k * step))
                        .toArray();
        double greatest = 0;
        float best = multiplier;
        for (int k = 0; k < steps; k++) {
            if (greatest < found[k]) {
                greatest = found[k];
                best = low + k * step;
            }
        }
        return best;
    }

    private List<Sample> samples(PreparedGraph prepared, IntegerLayer layer, Dataset data, SessionOptions options) {
        List<Sample> seen = new ArrayList<>();
        Set<String> watched = Set.of(layer.input(), layer.output());
        try (Session session = Session.open(prepared.graph(), options.withWatchedValues(watched))) {
            Iterator<Map<String, Tensor>> samples = data.iterator();
            while (samples.hasNext() && seen.size() < this.samples) {
                Tensor[] values = new Tensor[2];
                session.run(
                        samples.next(),
                        (name, tensor) -> {
                            if (watched.contains(name)) {
                                values[name.equals(layer.input()) ? 0 : 1] = tensor.copy();
                            }
                        });
                seen.add(new Sample(values[0], values[1]));
            }
        }
        return seen;
    }

    /// Sums of products of one channel: of the results in INT8 with themselves, and with those in float.
    private record Sums(double own, double mixed) {
        static Sums of(float[] real, float[] rounded) {
            double own = 0;
            double mixed = 0;
            for (int i = 0; i < real.length; i++) {
                own += (double) rounded[i] * rounded[i];
                mixed += (double) real[i] * rounded[i];
            }
            return new Sums(own, mixed);
        }
    }

    /// A layer while its scales are looked for. What channels give that do not change is kept.
    private static final class Search {
        private final IntegerLayer layer;
        private final List<Sample> samples;
        private final float[] weightMultipliers;
        private final float inputMultiplier;
        private final List<Tensor> rounded = new ArrayList<>();
        private final List<float[][]> real = new ArrayList<>();
        private final List<Sums[]> sums = new ArrayList<>();

        Search(IntegerLayer layer, List<Sample> samples, float[] weightMultipliers, float inputMultiplier) {
            this.layer = layer;
            this.samples = samples;
            this.weightMultipliers = weightMultipliers.clone();
            this.inputMultiplier = inputMultiplier;
            for (Sample sample : samples) {
                float[][] channels = new float[layer.channels()][];
                Arrays.setAll(channels, c -> layer.channel(sample.y, c));
                real.add(channels);
                rounded.add(IntegerLayer.rounded(sample.x, inputMultiplier));
                sums.add(new Sums[layer.channels()]);
            }
            for (int s = 0; s < samples.size(); s++) {
                for (int c = 0; c < layer.channels(); c++) {
                    sums.get(s)[c] = sums(s, rounded.get(s), c, inputMultiplier, multiplier(c));
                }
            }
        }

        private float multiplier(int channel) {
            return weightMultipliers[weightMultipliers.length == 1 ? 0 : channel];
        }

        private Sums sums(int sample, Tensor x, int channel, float input, float weight) {
            return Sums.of(real.get(sample)[channel], layer.channel(x, samples.get(sample).y, channel, input, weight));
        }

        private boolean isOf(int channel, int scale) {
            return weightMultipliers.length == 1 || channel == scale;
        }

        /// The similarity with another multiplier of some weights, summed over the samples.
        double withWeight(int scale, float multiplier) {
            double total = 0;
            for (int s = 0; s < samples.size(); s++) {
                Sums[] all = sums.get(s).clone();
                for (int c = 0; c < all.length; c++) {
                    if (isOf(c, scale)) {
                        all[c] = sums(s, rounded.get(s), c, inputMultiplier, multiplier);
                    }
                }
                total += cosine(s, all);
            }
            return total;
        }

        void setWeight(int scale, float multiplier) {
            weightMultipliers[scale] = multiplier;
            for (int s = 0; s < samples.size(); s++) {
                for (int c = 0; c < layer.channels(); c++) {
                    if (isOf(c, scale)) {
                        sums.get(s)[c] = sums(s, rounded.get(s), c, inputMultiplier, multiplier);
                    }
                }
            }
        }

        double withInput(float multiplier) {
            double total = 0;
            for (int s = 0; s < samples.size(); s++) {
                Tensor x = IntegerLayer.rounded(samples.get(s).x, multiplier);
                Sums[] all = new Sums[layer.channels()];
                for (int c = 0; c < all.length; c++) {
                    all[c] = sums(s, x, c, multiplier, multiplier(c));
                }
                total += cosine(s, all);
            }
            return total;
        }

        private double cosine(int sample, Sums[] all) {
            double squares = 0;
            for (float[] channel : real.get(sample)) {
                squares += Sums.of(channel, channel).own;
            }
            double own = 0;
            double mixed = 0;
            for (Sums each : all) {
                own += each.own;
                mixed += each.mixed;
            }
            return mixed / Math.sqrt(squares) / Math.sqrt(own);
        }
    }
}
