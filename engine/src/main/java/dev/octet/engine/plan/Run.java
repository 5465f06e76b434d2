package dev.octet.engine.plan;

import dev.octet.graph.GraphException;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// What the steps of one run share. Used by the calling thread only.
final class Run implements AutoCloseable {
    private final WorkerPool pool;
    private final @Nullable BiConsumer<String, Tensor> listener;
    private final MemoryLimit limit;
    private final Deadline deadline;
    private final long before;
    private final Map<Integer, Value> structured = new HashMap<>();
    private @Nullable Arena arena;
    private long allocated;

    /// @param before bytes that this run holds from its beginning, with those of the runs that it is part of
    Run(
            WorkerPool pool,
            @Nullable BiConsumer<String, Tensor> listener,
            MemoryLimit limit,
            Deadline deadline,
            long before) {
        this.before = before;
        this.pool = pool;
        this.listener = listener;
        this.limit = limit;
        this.deadline = deadline;
    }

    WorkerPool pool() {
        return pool;
    }

    /// The sequence or optional value of that index.
    Value structured(int index) {
        return Objects.requireNonNull(structured.get(index));
    }

    void putStructured(int index, Value value) {
        structured.put(index, value);
    }

    Deadline deadline() {
        return deadline;
    }

    /// Bytes of all values that live as long as this run, and of those around it.
    long heldBytes() {
        return before + allocated;
    }

    void show(String value, Tensor tensor) {
        if (listener != null) {
            listener.accept(value, tensor);
        }
    }

    /// A tensor that lives until the run ends, for a shape that was not known before.
    ///
    /// @throws GraphException if there is no memory for it
    @SuppressWarnings("MustBeClosed") // by #close
    Tensor allocate(DType dtype, Shape shape) {
        if (arena == null) {
            // Shared, since tiles run on other threads.
            arena = Arena.ofShared();
            deadline.lend(arena);
        }
        String whose = dtype + " " + shape;
        long bytes = dtype.bytes(shape.elementCount());
        limit.check(bytes, whose);
        allocated += bytes;
        limit.check(heldBytes(), whose + " and those before");
        return Tensor.wrap(dtype, shape, limit.allocate(arena, bytes, whose));
    }

    @Override
    public void close() {
        if (arena != null) {
            deadline.takeBack(arena);
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }
    }
}
