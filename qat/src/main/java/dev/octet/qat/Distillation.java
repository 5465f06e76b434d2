package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.loss.Loss;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.util.Progress;
import java.io.IOException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// Training after the answers of the float network in place of labels, so that data without labels suffice.
///
/// ```java
/// Dataset answered = Distillation.answered(data, GraphBlock.of(floatGraph));
/// Loss loss = Distillation.loss(4);
/// ```
public final class Distillation {
    private Distillation() {}

    /// The same data, labelled with what `teacher` gives for them.
    public static Dataset answered(Dataset data, Block teacher) {
        return new Dataset() {
            @Override
            public Iterable<Batch> getData(NDManager manager) throws IOException, TranslateException {
                Iterable<Batch> batches = data.getData(manager);
                return () -> answered(batches.iterator(), teacher);
            }

            @Override
            public void prepare(@Nullable Progress progress) throws IOException, TranslateException {
                data.prepare(progress);
            }
        };
    }

    private static Iterator<Batch> answered(Iterator<Batch> batches, Block teacher) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return batches.hasNext();
            }

            @Override
            public Batch next() {
                Batch batch = batches.next();
                ParameterStore store = new ParameterStore(batch.getManager(), false);
                NDList answers = new NDList();
                for (NDArray answer : teacher.forward(store, batch.getData(), false)) {
                    answers.add(answer.stopGradient());
                }
                return new Batch(
                        batch.getManager(),
                        batch.getData(),
                        answers,
                        batch.getSize(),
                        Batchifier.STACK,
                        Batchifier.STACK,
                        batch.getProgress(),
                        batch.getProgressTotal());
            }
        };
    }

    /// The arrays that a loss can be of: numbers of classes and other integers have no gradients.
    static NDList floating(NDList arrays) {
        NDList floating = new NDList();
        arrays.stream().filter(a -> a.getDataType().isFloating()).forEach(floating::add);
        return floating;
    }

    /// Cross entropy between the softened answers, `T²·mean(−Σ softmax(teacher/T)·log softmax(student/T))` (Hinton et
    /// al., arXiv 1503.02531), over the last axis of the first output of floats.
    ///
    /// @param temperature T; larger ones weigh the unlikely classes more
    public static Loss loss(float temperature) {
        if (!(temperature > 0)) {
            throw new IllegalArgumentException("temperature: expected a positive number, found " + temperature);
        }
        return new Loss("DistillationLoss") {
            @Override
            public NDArray evaluate(NDList labels, NDList predictions) {
                NDArray teacher = floating(labels).head().div(temperature).softmax(-1);
                NDArray student = floating(predictions).head().div(temperature).logSoftmax(-1);
                return teacher.mul(student).sum(new int[] {-1}).mean().mul(-temperature * temperature);
            }
        };
    }

    /// Mean squared difference of all numbers of each output of floats, for networks whose outputs are no classes.
    public static Loss squaredLoss() {
        return new Loss("DistillationLoss") {
            @Override
            public NDArray evaluate(NDList labels, NDList predictions) {
                NDList teacher = floating(labels);
                NDList student = floating(predictions);
                NDArray sum = teacher.get(0).sub(student.get(0)).square().mean();
                for (int i = 1; i < student.size(); i++) {
                    sum = sum.add(teacher.get(i).sub(student.get(i)).square().mean());
                }
                return sum;
            }
        };
    }
}
