package dev.octet.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PackedWeightsTest {
    private record Form(int width) {}

    @Test
    void aFormOfATensorIsMadeOnce() {
        AtomicInteger made = new AtomicInteger();
        Tensor tensor = Tensor.of(Shape.of(2), 1f, 2f);
        float[] first = PackedWeights.of(tensor, new Form(8), () -> pack(tensor, made));
        assertThat(PackedWeights.of(tensor, new Form(8), () -> pack(tensor, made))).isSameAs(first);
        assertThat(made).hasValue(1);
        assertThat(PackedWeights.of(tensor, new Form(16), () -> pack(tensor, made))).isNotSameAs(first);
        Tensor same = Tensor.of(Shape.of(2), 1f, 2f);
        assertThat(PackedWeights.of(same, new Form(8), () -> pack(same, made))).isNotSameAs(first);
        assertThat(made).hasValue(3);
    }

    private static float[] pack(Tensor tensor, AtomicInteger made) {
        made.incrementAndGet();
        return tensor.toFloatArray();
    }

    @Test
    void formsGoWithTheirTensor() {
        WeakReference<float[]> packed = packAndForget();
        for (int i = 0; i < 100 && packed.get() != null; i++) {
            System.gc();
            // Maps of weak keys forget when they are used.
            PackedWeights.of(Tensor.of(Shape.of(1), 0f), new Form(1), () -> new float[1]);
        }
        assertThat(packed.get()).isNull();
    }

    private static WeakReference<float[]> packAndForget() {
        Tensor tensor = Tensor.of(Shape.of(2), 1f, 2f);
        return new WeakReference<>(PackedWeights.of(tensor, new Form(8), tensor::toFloatArray));
    }
}
