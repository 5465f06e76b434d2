package dev.octet.engine.plan;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// What the steps of one run share. Used by the calling thread only.
final class Run implements AutoCloseable {
    private final WorkerPool pool;
    private final @Nullable BiConsumer<String, Tensor> listener;
    private @Nullable Arena arena;

    Run(WorkerPool pool, @Nullable BiConsumer<String, Tensor> listener) {
        this.pool = pool;
        this.listener = listener;
    }

    WorkerPool pool() {
        return pool;
    }

    void show(String value, Tensor tensor) {
        if (listener != null) {
            listener.accept(value, tensor);
        }
    }

    /// A tensor that lives until the run ends, for a shape that was not known before.
    @SuppressWarnings("MustBeClosed") // by #close
    Tensor allocate(DType dtype, Shape shape) {
        if (arena == null) {
            // Shared, since tiles run on other threads.
            arena = Arena.ofShared();
        }
        return Tensor.allocate(arena, dtype, shape);
    }

    @Override
    public void close() {
        if (arena != null) {
            arena.close();
        }
    }
}
