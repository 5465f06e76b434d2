package dev.octet.qat;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.PartialShape;
import dev.octet.graph.ValueInfo;
import dev.octet.qat.op.TensorArrays;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Samples in memory, and what the network is to answer: labels, or the float network's outputs.
///
/// @param inputs of the network, the first axis being the samples
/// @param targets class numbers `[N]`, or outputs of the float network, with the scores in place of what a Softmax
///   makes of them ([GraphBlock#outputScores])
public record TrainingData(NDList inputs, NDList targets, boolean labelled) implements AutoCloseable {
    private static final int BATCH = 64;

    /// All samples of a data set.
    ///
    /// @param labels class numbers, one a sample; null to take the outputs of `graph` for targets
    /// @param manager owner of all arrays
    /// @throws IllegalArgumentException if there is no sample, one contains NaN or infinity, or the labels do not fit:
    ///   not as many as samples, no numbers of classes, or a graph whose first output of floats has no score for each
    ///   class
    public static TrainingData of(Dataset data, Graph graph, @Nullable Tensor labels, NDManager manager) {
        List<NDList> parts = new ArrayList<>();
        for (ValueInfo _ : graph.inputs()) {
            parts.add(new NDList());
        }
        for (Map<String, Tensor> sample : data) {
            for (int i = 0; i < parts.size(); i++) {
                ValueInfo input = graph.inputs().get(i);
                Tensor value = input(sample, input, parts.get(i).size());
                requireAlike(input, value, parts.get(i));
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
        for (long i = 0; tensor.dtype().isFloating() && i < tensor.elementCount(); i++) {
            double value = tensor.getDouble(i);
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("sample " + number + ": '" + input.name() + "' contains " + value);
            }
        }
        return tensor;
    }

    /// Samples become one array, so they differ in their number of rows only.
    private static void requireAlike(ValueInfo input, Tensor value, NDList before) {
        if (value.shape().rank() == 0) {
            throw new IllegalArgumentException(
                    "'" + input.name() + "': expected samples along its first axis, found one number");
        }
        if (before.isEmpty()) {
            return;
        }
        long[] first = before.head().getShape().getShape();
        long[] own = value.shape().dims();
        if (first.length != own.length
                || !Arrays.equals(first, 1, first.length, own, 1, own.length)
                || before.head().getDataType() != TensorArrays.dataType(value.dtype())) {
            throw new IllegalArgumentException(
                    "sample "
                            + before.size()
                            + ": '"
                            + input.name()
                            + "': training takes samples of one size, expected that of the first, "
                            + Arrays.toString(first)
                            + ", found "
                            + Arrays.toString(own));
        }
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
            long[] first = LongStream.range(0, Math.min(batch(graph, 1), inputs.head().getShape().get(0))).toArray();
            NDList one = rows(inputs, first, scope);
            NDList outputs = forward(GraphBlock.of(graph), one, scope);
            outputs.attach(scope);
            Shape scores = Distillation.floating(outputs).head().getShape();
            if (scores.dimension() != 2) {
                throw new IllegalArgumentException(
                        "labels: they need an output of scores, [samples, classes], first among those of floats, found "
                                + scores);
            }
            return scores.get(1);
        }
    }

    /// What the float network says to all samples.
    private static NDList answers(Graph graph, NDList inputs, NDManager manager) {
        GraphBlock teacher = GraphBlock.of(graph);
        teacher.outputScores(true);
        int batch = batch(graph, BATCH);
        long samples = inputs.head().getShape().get(0);
        List<NDList> parts = new ArrayList<>();
        for (ValueInfo _ : graph.outputs()) {
            parts.add(new NDList());
        }
        boolean fixed = batch(graph, 0) > 0;
        for (long from = 0; from < samples; from += batch) {
            long[] rows = LongStream.range(from, fixed ? from + batch : Math.min(samples, from + batch)).toArray();
            // A network that takes so many gets the last sample again, in place of what is missing.
            Arrays.setAll(rows, i -> Math.min(rows[i], samples - 1));
            long present = Math.min(batch, samples - from);
            try (NDManager scope = manager.newSubManager()) {
                NDList outputs = forward(teacher, rows(inputs, rows, scope), scope);
                for (int i = 0; i < parts.size(); i++) {
                    requireRows(graph.outputs().get(i), outputs.get(i).getShape(), rows.length);
                    NDArray output = present == rows.length ? outputs.get(i) : outputs.get(i).get(":" + present);
                    output.attach(manager);
                    parts.get(i).add(output);
                }
            }
        }
        NDList answers = new NDList();
        parts.forEach(p -> answers.add(NDArrays.concat(p, 0)));
        return answers;
    }

    private static void requireRows(ValueInfo output, Shape shape, long samples) {
        if (shape.dimension() == 0 || shape.get(0) != samples) {
            throw new IllegalArgumentException(
                    "output '"
                            + output.name()
                            + "': training takes samples along the first axis, expected "
                            + samples
                            + " of them, found "
                            + shape);
        }
    }

    private static NDList forward(GraphBlock block, NDList inputs, NDManager scope) {
        try {
            return block.forward(new ParameterStore(scope, false), inputs, false);
        } catch (EngineException e) {
            throw TrainingEngine.refusal("the float network cannot be run with these samples", e);
        }
    }

    /// How many samples a graph takes at once: as many as it fixes, or else as many as we like.
    static int batch(Graph graph, int liked) {
        PartialShape shape = graph.inputs().getFirst().type().shape();
        if (shape != null && shape.rank() > 0 && shape.dim(0) instanceof Dim.Fixed(long size) && size > 0) {
            return Math.toIntExact(size);
        }
        return liked;
    }

    /// Whether the first output of floats has a score for each class.
    boolean hasScores() {
        NDList floating = Distillation.floating(targets);
        return labelled || floating.size() == 1 && floating.head().getShape().dimension() == 2;
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
