package dev.octet.quantize.algorithm.smoothquant;

import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.pass.DeadCodeElimination;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.observer.PerChannelMinMaxObserver;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Divides the channels of an activation by factors, and multiplies the rows of the weights that read it by the same,
/// so that channels of one scale in 8 bits are alike (Xiao et al., "SmoothQuant", 2022): `x·W = (x/s)·(s·W)`.
///
/// In transformers a few channels of each layer are many times larger than the others, which then share a few of the
/// 256 steps. Channel `k` gets `s[k] = 2^round(log2(a[k]^alpha / w[k]^(1 - alpha)) - m)` where `a` and `w` are the
/// largest magnitudes of the activation's channel and of the weights' row and `m` is the average over the channels.
/// Factors are powers of two: float results stay the same bits, short of overflow.
///
/// It concerns the activations that MatMul and Gemm with constant weights read in 8 bits and no other quantized
/// operator does, other than those that are only rearranged from quantized values.
///
/// @param alpha how much of the difficulty goes to the weights, in `(0, 1)`; the paper's choice is 0.5
public record SmoothQuant(double alpha) {
    /// What serves transformers whose activations have seven bits: more goes to the weights, which have a scale per
    /// column.
    public static final double TRANSFORMERS = 0.75;

    public SmoothQuant {
        if (!(alpha > 0 && alpha < 1)) {
            throw new IllegalArgumentException("SmoothQuant: expected alpha between 0 and 1, found " + alpha);
        }
    }

    /// A graph that computes the same in float and loses less in 8 bits. Runs the graph on each sample once.
    ///
    /// @param spec how the result will be quantized: it says which operators read 8 bits
    /// @param options threads and limits of that run
    /// @throws IllegalArgumentException if there is no sample, or one does not fit the graph's inputs
    public Graph apply(
            Graph graph, QuantizationSpec spec, Dataset data, SessionOptions options, CalibrationListener progress) {
        PreparedGraph prepared = Quantizer.prepare(graph, spec);
        List<SmoothedValue> values = SmoothedValue.of(prepared);
        if (values.isEmpty()) {
            return graph;
        }
        Map<String, PerChannelMinMaxObserver> ranges = observe(prepared.graph(), values, data, options, progress);
        GraphBuilder builder = prepared.graph().toBuilder();
        Map<String, Node> changed = new HashMap<>();
        Map<String, List<Node>> scalings = new HashMap<>();
        for (SmoothedValue value : values) {
            PerChannelMinMaxObserver range = ranges.get(value.name());
            if (range != null && !range.isEmpty()) {
                float[] factors = factors(value.magnitudes(range), value.weightMagnitudes(prepared.graph()));
                Node scaling = scaling(builder, value, factors);
                scalings.computeIfAbsent(value.name(), _ -> new ArrayList<>()).add(scaling);
                for (Node reader : value.readers()) {
                    String weights =
                            builder.freshConstant(
                                    reader.input(1) + "_smooth",
                                    value.scaledWeights(prepared.graph(), reader, factors));
                    List<String> inputs = new ArrayList<>(reader.inputs());
                    inputs.set(0, scaling.output());
                    inputs.set(1, weights);
                    changed.put(reader.name(), reader.withInputs(inputs));
                }
            }
        }
        List<Node> nodes = new ArrayList<>();
        scalings.values().forEach(nodes::addAll);
        prepared.graph().nodes().forEach(n -> nodes.add(changed.getOrDefault(n.name(), n)));
        return new DeadCodeElimination().apply(builder.nodes(nodes).build());
    }

    private static Node scaling(GraphBuilder builder, SmoothedValue value, float[] factors) {
        float[] inverse = new float[factors.length];
        for (int k = 0; k < factors.length; k++) {
            inverse[k] = 1 / factors[k];
        }
        String constant =
                builder.freshConstant(value.name() + "_smooth_factors", Tensor.of(Shape.of(inverse.length), inverse));
        String name = builder.freshName(value.name() + "_smooth");
        return new Node(name, new Binary(BinaryFunction.MUL), List.of(value.name(), constant), List.of(name));
    }

    private static Map<String, PerChannelMinMaxObserver> observe(
            Graph graph,
            List<SmoothedValue> values,
            Dataset data,
            SessionOptions options,
            CalibrationListener progress) {
        Map<String, PerChannelMinMaxObserver> observers = new LinkedHashMap<>();
        values.forEach(v -> observers.put(v.name(), new PerChannelMinMaxObserver(v.rank() - 1)));
        long start = System.nanoTime();
        long samples = 0;
        try (Session session = Session.open(graph, options.withWatchedValues(observers.keySet()))) {
            for (Map<String, Tensor> sample : data) {
                session.run(
                        sample,
                        (name, tensor) -> {
                            PerChannelMinMaxObserver observer = observers.get(name);
                            if (observer != null) {
                                observer.observe(tensor);
                            }
                        });
                samples++;
                progress.progress(samples, data.size(), (System.nanoTime() - start) / 1e9);
            }
        }
        if (samples == 0) {
            throw new IllegalArgumentException("calibration data: no sample in " + data.description());
        }
        return observers;
    }

    /// Powers of two whose geometric mean is about 1. A channel that is always zero, in either operand, keeps 1.
    float[] factors(float[] activations, float[] weights) {
        double[] logs = new double[activations.length];
        double sum = 0;
        int count = 0;
        for (int k = 0; k < logs.length; k++) {
            logs[k] = alpha * log2(activations[k]) - (1 - alpha) * log2(weights[k]);
            if (Double.isFinite(logs[k])) {
                sum += logs[k];
                count++;
            }
        }
        float[] factors = new float[logs.length];
        for (int k = 0; k < logs.length; k++) {
            double exponent = Double.isFinite(logs[k]) ? logs[k] - sum / count : 0;
            factors[k] = Math.scalb(1f, (int) Math.rint(exponent));
        }
        return factors;
    }

    private static double log2(double x) {
        return Math.log(x) / Math.log(2);
    }
}
