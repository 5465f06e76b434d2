package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.optimizer.Optimizer;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// Adam (arXiv 1412.6980) whose state can be saved, so that training goes on as if it had never stopped. DJL's own
/// keeps its state to itself.
final class AdamOptimizer extends Optimizer {
    private static final float BETA_1 = 0.9f;
    private static final float BETA_2 = 0.999f;
    private static final float EPSILON = 1e-8f;

    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, String> names = new LinkedHashMap<>();
    private final Map<String, Moments> moments = new LinkedHashMap<>();
    private float rate;

    /// Averages of a parameter's gradient and of its square.
    private record Moments(NDArray first, NDArray second, int[] steps) {}

    private static final class Builder extends OptimizerBuilder<Builder> {
        @Override
        protected Builder self() {
            return this;
        }
    }

    AdamOptimizer(Block block, float rate) {
        super(new Builder());
        this.rate = rate;
        block.getParameters()
                .forEach(pair -> {
                    Parameter parameter = pair.getValue();
                    if (parameter.requiresGradient()) {
                        parameters.put(parameter.getName(), parameter);
                        names.put(parameter.getId(), parameter.getName());
                    }
                });
    }

    void setRate(float newRate) {
        rate = newRate;
    }

    private Moments moments(String name) {
        return moments.computeIfAbsent(
                name,
                _ -> {
                    NDArray array = Objects.requireNonNull(parameters.get(name), name).getArray();
                    return new Moments(array.zerosLike(), array.zerosLike(), new int[1]);
                });
    }

    @Override
    public void update(String parameterId, NDArray weight, NDArray gradient) {
        Moments state = moments(Objects.requireNonNull(names.get(parameterId), parameterId));
        int step = ++state.steps()[0];
        double correction = Math.sqrt(1 - Math.pow(BETA_2, step)) / (1 - Math.pow(BETA_1, step));
        NDList inputs = new NDList(weight, gradient, state.first(), state.second());
        NDList weights = new NDList(weight);
        weight.getNDArrayInternal()
                .adamUpdate(
                        inputs,
                        weights,
                        rate,
                        (float) (rate * correction),
                        0,
                        rescaleGrad,
                        clipGrad,
                        BETA_1,
                        BETA_2,
                        EPSILON,
                        true,
                        false);
    }

    void save(DataOutputStream out) throws IOException {
        out.writeInt(moments.size());
        for (Map.Entry<String, Moments> entry : moments.entrySet()) {
            out.writeUTF(entry.getKey());
            out.writeInt(entry.getValue().steps()[0]);
            write(out, entry.getValue().first());
            write(out, entry.getValue().second());
        }
    }

    private static void write(DataOutputStream out, NDArray array) throws IOException {
        for (float value : array.toFloatArray()) {
            out.writeFloat(value);
        }
    }

    /// @throws IOException if the state is not that of this block
    void load(DataInputStream in) throws IOException {
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            String name = in.readUTF();
            if (!parameters.containsKey(name)) {
                throw new IOException("optimizer: unknown parameter '" + name + "'");
            }
            Moments state = moments(name);
            state.steps()[0] = in.readInt();
            read(in, state.first());
            read(in, state.second());
        }
    }

    private static void read(DataInputStream in, NDArray array) throws IOException {
        float[] values = new float[Math.toIntExact(array.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readFloat();
        }
        array.set(values);
    }
}
