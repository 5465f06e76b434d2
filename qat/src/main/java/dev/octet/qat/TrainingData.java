package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.octet.graph.Graph;
import dev.octet.graph.ValueInfo;
import dev.octet.qat.op.TensorArrays;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Samples in memory, and what the network is to answer: labels, or the float network's outputs.
///
/// @param inputs of the network, the first axis being the samples
/// @param targets class numbers `[N]`, or outputs of the float network
public record TrainingData(NDList inputs, NDList targets, boolean labelled) implements AutoCloseable {
    private static final int BATCH = 64;

    /// All samples of a data set.
    ///
    /// @param labels class numbers, one a sample; null to take the outputs of `graph` for targets
    /// @param manager owner of all arrays
    /// @throws IllegalArgumentException if there is no sample, one contains NaN, or the labels do not fit: not as many
    ///   as samples, no numbers of classes, or a graph whose first output has no score for each class
    public static TrainingData of(Dataset data, Graph graph, @Nullable Tensor labels, NDManager manager) {
        List<NDList> parts = new ArrayList<>();
        for (ValueInfo _ : graph.inputs()) {
            parts.add(new NDList());
        }
        for (Map<String, Tensor> sample : data) {
            for (int i = 0; i < parts.size(); i++) {
                Tensor value = input(sample, graph.inputs().get(i), parts.getFirst().size());
                parts.get(i).add(TensorArrays.toArray(manager, value));
            }
        }
        if (parts.getFirst().isEmpty()) {
            throw new IllegalArgumentException("no sample in " + data.description());
        }
        NDList inputs = new NDList();
        for (NDList part : parts) {
            inputs.add(NDArrays.concat(part, 0));
            part.close();
        }
        return new TrainingData(
                inputs,
                labels == null ? answers(graph, inputs, manager) : new NDList(classes(labels, graph, inputs, manager)),
                labels != null);
    }

    /// The same, owned by what is returned: close it.
    public static TrainingData of(Dataset data, Graph graph, @Nullable Tensor labels) {
        NDManager manager = TrainingEngine.get().newBaseManager();
        try {
            return of(data, graph, labels, manager);
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    /// Closes the owner of all arrays.
    @Override
    public void close() {
        inputs.getManager().close();
    }

    private static Tensor input(Map<String, Tensor> sample, ValueInfo input, int number) {
        Tensor tensor = sample.get(input.name());
        if (tensor == null) {
            throw new IllegalArgumentException("sample " + number + ": there is no '" + input.name() + "'");
        }
        if (tensor.dtype() == DType.FLOAT32) {
            for (long i = 0; i < tensor.elementCount(); i++) {
                if (Float.isNaN(tensor.getFloat(i))) {
                    throw new IllegalArgumentException("sample " + number + ": '" + input.name() + "' contains NaN");
                }
            }
        }
        return tensor;
    }

    private static NDArray classes(Tensor labels, Graph graph, NDList inputs, NDManager manager) {
        long samples = inputs.head().getShape().get(0);
        if (labels.elementCount() != samples) {
            throw new IllegalArgumentException("labels: expected " + samples + ", found " + labels.elementCount());
        }
        long classes = classCount(graph, inputs, manager);
        float[] numbers = labels.toFloatArray();
        for (int i = 0; i < numbers.length; i++) {
            // Negated, since NaN is no class either.
            if (!(numbers[i] >= 0 && numbers[i] < classes && numbers[i] == Math.rint(numbers[i]))) {
                throw new IllegalArgumentException(
                        "labels: sample "
                                + i
                                + ": expected the number of a class, 0 to "
                                + (classes - 1)
                                + ", found "
                                + numbers[i]);
            }
        }
        return manager.create(numbers);
    }

    private static long classCount(Graph graph, NDList inputs, NDManager manager) {
        try (NDManager scope = manager.newSubManager()) {
            NDList one = rows(inputs, new long[] {0}, scope);
            NDList outputs = GraphBlock.of(graph).forward(new ParameterStore(scope, false), one, false);
            outputs.attach(scope);
            Shape scores = outputs.head().getShape();
            if (scores.dimension() != 2) {
                throw new IllegalArgumentException(
                        "labels: they need an output of scores, [samples, classes], found "
                                + graph.outputs().getFirst()
                                + " of shape "
                                + scores);
            }
            return scores.get(1);
        }
    }

    /// What the float network says to all samples.
    private static NDList answers(Graph graph, NDList inputs, NDManager manager) {
        GraphBlock teacher = GraphBlock.of(graph);
        long samples = inputs.head().getShape().get(0);
        List<NDList> parts = new ArrayList<>();
        for (ValueInfo _ : graph.outputs()) {
            parts.add(new NDList());
        }
        for (long from = 0; from < samples; from += BATCH) {
            long[] rows = new long[(int) Math.min(BATCH, samples - from)];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = from + i;
            }
            try (NDManager scope = manager.newSubManager()) {
                NDList outputs = teacher.forward(new ParameterStore(scope, false), rows(inputs, rows, scope), false);
                for (int i = 0; i < parts.size(); i++) {
                    outputs.get(i).attach(manager);
                    parts.get(i).add(outputs.get(i));
                }
            }
        }
        NDList answers = new NDList();
        parts.forEach(p -> answers.add(NDArrays.concat(p, 0)));
        return answers;
    }

    /// Whether the first output has a score for each class.
    boolean hasScores() {
        return labelled || targets.size() == 1 && targets.head().getShape().dimension() == 2;
    }

    long samples() {
        return inputs.head().getShape().get(0);
    }

    NDList inputs(long[] rows, NDManager scope) {
        return rows(inputs, rows, scope);
    }

    NDList targets(long[] rows, NDManager scope) {
        return rows(targets, rows, scope);
    }

    private static NDList rows(NDList arrays, long[] rows, NDManager scope) {
        NDList picked = new NDList();
        NDArray indices = scope.create(rows);
        for (NDArray array : arrays) {
            NDArray part = array.get(scope, new ai.djl.ndarray.index.NDIndex("{}", indices));
            part.attach(scope);
            picked.add(part);
        }
        return picked;
    }
}
