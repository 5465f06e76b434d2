package dev.octet.qat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.function.UnaryOperator;

/// The result of a function and the gradient of its weighted sum.
record Gradients(float[] y, float[] dx) {
    static Gradients of(NDArray x, float[] weights, UnaryOperator<NDArray> function) {
        Engine engine = TrainingEngine.get();
        x.setRequiresGradient(true);
        NDManager manager = x.getManager();
        try (GradientCollector collector = engine.newGradientCollector()) {
            NDArray y = function.apply(x);
            collector.backward(y.mul(manager.create(weights).reshape(y.getShape())).sum());
            return new Gradients(y.toFloatArray(), x.getGradient().toFloatArray());
        }
    }
}
