package dev.octet.quantize;

import dev.octet.quantize.observer.Observer;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/// Lets observers see values on a thread of its own, in the order in which they come, while the network goes on.
///
/// Values are copied, since the network reuses their memory, into a few buffers that take turns; who fills them waits
/// for an empty one. So memory depends on the largest value, not on how many there are.
final class ObservingThread implements AutoCloseable {
    private static final int BUFFERS = 4;

    /// Small enough to be read from the cache, large enough to be handed over seldom.
    private static final long BUFFER_BYTES = 1 << 20;

    /// Tells the thread to end.
    private static final Buffer END = new Buffer();

    private final BlockingQueue<Buffer> empty = new ArrayBlockingQueue<>(BUFFERS);
    private final BlockingQueue<Buffer> full = new ArrayBlockingQueue<>(BUFFERS + 1);
    private final Thread thread = new Thread(this::work, "octet-observers");
    private Buffer current = new Buffer();
    private volatile @Nullable Throwable failure;

    /// A value to be seen.
    private record Observation(long sample, String value, Observer observer, Tensor tensor) {
        void make() {
            try {
                observer.observe(tensor);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "sample " + sample + ": value '" + value + "': " + e.getMessage(), e);
            }
        }
    }

    private static final class Buffer {
        private final List<Observation> observations = new ArrayList<>();
        private MemorySegment memory = MemorySegment.NULL;
        private long used;

        boolean fits(Tensor tensor) {
            return used + tensor.byteSize() <= memory.byteSize();
        }

        /// Makes an empty buffer large enough.
        void require(long bytes) {
            if (memory.byteSize() < bytes) {
                memory = Tensor.allocate(DType.UINT8, Shape.of(Math.max(bytes, BUFFER_BYTES))).data();
            }
        }

        void add(long sample, String value, Observer observer, Tensor tensor) {
            MemorySegment place = memory.asSlice(used, tensor.byteSize());
            place.copyFrom(tensor.data());
            observations.add(
                    new Observation(sample, value, observer, Tensor.wrap(tensor.dtype(), tensor.shape(), place)));
            used = Math.min(memory.byteSize(), ceil(used + tensor.byteSize()));
        }

        private static long ceil(long bytes) {
            return (bytes + Tensor.ALIGNMENT - 1) / Tensor.ALIGNMENT * Tensor.ALIGNMENT;
        }

        void clear() {
            observations.clear();
            used = 0;
        }
    }

    ObservingThread() {
        for (int i = 1; i < BUFFERS; i++) {
            empty.add(new Buffer());
        }
        thread.setDaemon(true);
        thread.start();
    }

    /// Notes a value; an observer that refuses it is heard of later, from [#throwFailure] or [#finish].
    void observe(long sample, String value, Observer observer, Tensor tensor) {
        if (failure != null) {
            return;
        }
        if (!current.fits(tensor)) {
            if (current.used > 0) {
                full.add(current);
                current = take(empty);
            }
            current.require(tensor.byteSize());
        }
        current.add(sample, value, observer, tensor);
    }

    /// Waits until all values have been seen.
    void finish() {
        full.add(current);
        current = take(empty);
        end();
        throwFailure();
    }

    void throwFailure() {
        switch (failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    private void work() {
        for (Buffer buffer = take(full); buffer != END; buffer = take(full)) {
            try {
                if (failure == null) {
                    buffer.observations.forEach(Observation::make);
                }
            } catch (Throwable e) {
                // For the thread that waits for it.
                failure = e;
            }
            buffer.clear();
            empty.add(buffer);
        }
    }

    private void end() {
        if (thread.isAlive()) {
            full.add(END);
            join();
        }
    }

    private void join() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static Buffer take(BlockingQueue<Buffer> queue) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return queue.take();
                } catch (InterruptedException e) {
                    // The network cannot stop between two layers either.
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        end();
    }
}
