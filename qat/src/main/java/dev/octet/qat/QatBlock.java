package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gemm;
import dev.octet.qat.op.Value;
import dev.octet.qat.quantizer.FakeQuantizer;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.QuantizedNode;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.SharedRange;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.spec.BiasRule;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A prepared graph as a block of DJL, with fake quantization where conversion will put integers. Made by [Qat].
///
/// Every value is rounded where [Quantizer#convert] would quantize it and read rounded where the converted graph reads
/// it so, weights and constants likewise; so the trained network computes what the converted one will, up to the
/// rounding of sums. Biases are rounded, and values clamped to the whole type, only when nothing is trained.
public final class QatBlock extends GraphBlock {
    private static final int BIAS = 2;

    private final QatSpec spec;
    private final PreparedGraph prepared;
    private final FakeQuantizers quantizers;
    private final Map<String, FoldedNorm> folded;
    private final Map<String, QuantizedNode> quantized;
    private final Set<String> madeQuantized;
    private final Set<String> copies = new HashSet<>();

    QatBlock(
            QatSpec spec,
            PreparedGraph prepared,
            NDManager manager,
            FakeQuantizers quantizers,
            Map<String, FoldedNorm> folded) {
        super(prepared.graph(), manager, ownWeights(folded));
        this.spec = spec;
        this.prepared = prepared;
        this.quantizers = quantizers;
        this.folded = folded;
        quantized = prepared.quantizedNodes();
        madeQuantized = prepared.madeQuantized();
        folded.values().forEach(f -> f.parameters().forEach(this::addParameter));
        quantizers.all().forEach(q -> q.parameters().forEach(this::addParameter));
        prepared.ranges().forEach(this::findCopies);
    }

    private static Set<String> ownWeights(Map<String, FoldedNorm> folded) {
        Set<String> names = new HashSet<>();
        folded.values().forEach(f -> names.addAll(f.node().inputs().subList(1, f.node().inputs().size())));
        return names;
    }

    /// Values that a node only rearranges from others of their range: they are rounded already.
    private void findCopies(SharedRange range) {
        for (String value : range.values()) {
            QuantizedNode producer = original().producer(value).map(n -> quantized.get(n.name())).orElse(null);
            if (producer != null && producer.sharing() && range.values().containsAll(producer.activations())) {
                copies.add(value);
            }
        }
    }

    QatSpec spec() {
        return spec;
    }

    /// The float graph as it was before training.
    PreparedGraph untrained() {
        return prepared;
    }

    /// Whether the parameters of all values are known, so that the network could be converted.
    boolean isKnown() {
        return quantizers.activations().stream().allMatch(FakeQuantizer::isKnown);
    }

    /// Whether parameters follow the data: those of values, and those of weights.
    public void observe(boolean enabled) {
        quantizers.observed().forEach(q -> q.observe(enabled));
    }

    /// Whether values between operators are rounded.
    public void quantizeActivations(boolean enabled) {
        quantizers.activations().forEach(q -> q.quantize(enabled));
    }

    /// Whether weights and other constants are rounded.
    public void quantizeWeights(boolean enabled) {
        quantizers.constants().forEach(q -> q.quantize(enabled));
    }

    @Override
    public void freezeBatchNorm(boolean freeze) {
        super.freezeBatchNorm(freeze);
        folded.values().forEach(f -> f.freeze(freeze));
    }

    @Override
    List<@Nullable Value> results(GraphRun run, Node node) {
        FoldedNorm norm = folded.get(node.name());
        if (norm == null) {
            return super.results(run, node);
        }
        NDArray x = operand(run, node, 0).array(run.scope());
        List<@Nullable Value> results = new ArrayList<>();
        FakeQuantizer weight = quantizers.ofWeight(node.name());
        NDArray step = run.training() ? null : biasStep(node, run.scope());
        results.add(new Value.Computed(norm.apply(run.store(), x, run.training(), weight, step)));
        return results;
    }

    @Override
    Value operand(GraphRun run, Node node, int index) {
        String name = node.input(index);
        QuantizedNode how = quantized.get(node.name());
        if (how != null && how.weight() != null && how.weight().value().equals(name)) {
            FakeQuantizer quantizer = quantizers.ofWeight(node.name());
            return quantizer == null ? run.get(name) : roundedWeight(run, node, name, quantizer);
        }
        FakeQuantizer constant = how != null && how.constants().contains(name) ? quantizers.ofConstant(name) : null;
        if (constant != null) {
            // Its range is its own: nothing to average, and nothing to be late with.
            NDArray array = run.get(name).array(run.scope());
            return new Value.Computed(constant.apply(run.store(), array, true));
        }
        if (index == BIAS && hasConstantBias(node) && !run.training()) {
            return roundedBias(run, node, name);
        }
        boolean readsRounded = madeQuantized.contains(name) || how != null && how.activations().contains(name);
        return readsRounded && run.isRounded(name) ? run.rounded(name) : run.get(name);
    }

    /// As conversion stores it. Training leaves it as it is, as PyTorch and TensorFlow do.
    private Value roundedBias(GraphRun run, Node node, String name) {
        NDArray step = biasStep(node, run.scope());
        if (step == null) {
            return run.get(name);
        }
        float factor = node.op() instanceof Gemm gemm ? gemm.beta() : 1;
        NDArray steps = run.get(name).array(run.scope()).mul(factor).div(step).round();
        return new Value.Computed(steps.mul(step).div(factor));
    }

    private boolean hasConstantBias(Node node) {
        return switch (node.op()) {
            case Conv _, ConvTranspose _, Gemm _ -> original().constant(node.input(BIAS)).isPresent();
            default -> false;
        };
    }

    /// The scale of the products that a bias is added to, one for each channel or for all; null if it stays in float.
    private @Nullable NDArray biasStep(Node node, NDManager scope) {
        FakeQuantizer weight = quantizers.ofWeight(node.name());
        FakeQuantizer input = quantizers.ofValue(node.input(0));
        boolean integer = prepared.spec().bias() == BiasRule.INT32;
        if (!integer || weight == null || input == null || !weight.isKnown() || !input.isKnown()) {
            return null;
        }
        float[] steps = weight.params().scales().clone();
        for (int i = 0; i < steps.length; i++) {
            steps[i] *= input.params().scale();
        }
        return scope.create(steps);
    }

    /// Integer operators know no factor: it goes into the weights before these are rounded.
    private static Value roundedWeight(GraphRun run, Node node, String name, FakeQuantizer quantizer) {
        NDArray weight = run.get(name).array(run.scope());
        float factor = node.op() instanceof Gemm gemm ? gemm.alpha() : 1;
        if (factor == 1) {
            return new Value.Computed(quantizer.apply(run.store(), weight, run.training()));
        }
        return new Value.Computed(quantizer.apply(run.store(), weight.mul(factor), run.training()).div(factor));
    }

    @Override
    void define(GraphRun run, String name, Value value) {
        super.define(run, name, value);
        FakeQuantizer quantizer = quantizers.ofValue(name);
        if (quantizer != null) {
            NDArray array = value.array(run.scope());
            NDArray result = copies.contains(name) ? array : quantizer.apply(run.store(), array, run.training());
            run.putRounded(name, new Value.Computed(result));
        }
    }

    @Override
    Value output(GraphRun run, String name) {
        return madeQuantized.contains(name) && run.isRounded(name) ? run.rounded(name) : run.get(name);
    }

    @Override
    Map<String, Tensor> trainedConstants() {
        Map<String, Tensor> constants = new LinkedHashMap<>(super.trainedConstants());
        folded.values().forEach(f -> constants.putAll(f.constants()));
        return constants;
    }

    /// The float graph with the weights as they are now and batch normalizations folded, ready to be converted.
    public PreparedGraph prepared() {
        return prepared.withConstants(trainedConstants());
    }

    /// The parameters as training has found them: of values by the names of their ranges, and of weights.
    ///
    /// @throws IllegalStateException if a value was never observed
    public CalibrationTable table() {
        Map<String, QuantParams> params = new LinkedHashMap<>();
        for (SharedRange range : prepared.ranges()) {
            FakeQuantizer quantizer = quantizers.ofValue(range.name());
            if (quantizer != null) {
                params.put(range.name(), quantizer.params());
            }
        }
        Map<String, QuantParams> weights = new HashMap<>();
        quantized.forEach((node, how) -> {
            FakeQuantizer quantizer = quantizers.ofWeight(node);
            if (quantizer != null && how.weight() != null && quantizer.isKnown()) {
                weights.put(how.weight().value(), quantizer.params());
            }
        });
        params.putAll(weights);
        return prepared().table(params, "training", 0);
    }

    /// The quantized graph. It computes what this block does when it does not train, up to the rounding of sums. Where
    /// a specification uses a part of a type only, as `[0, 127]` of UINT8, a training step clamps to that part, and
    /// what does not train to the whole type, as ONNX and PyTorch's engines do.
    ///
    /// @throws IllegalStateException if a value was never observed
    public Graph convert() {
        return Quantizer.convert(prepared(), table());
    }
}
