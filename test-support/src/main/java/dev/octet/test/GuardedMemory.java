package dev.octet.test;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Memory for native kernels that shows when they touch a byte that is not theirs.
///
/// On Linux a buffer lies between two inaccessible pages and touches one of them: a read or a write across that end
/// ends the process. Everywhere the rest of its pages holds a known pattern, which [#close] checks, so that a write
/// across the other end fails the test. Elsewhere than on Linux there is only the pattern.
///
/// Buffers may be used from any thread until [#close].
public final class GuardedMemory implements AutoCloseable {
    private static final boolean LINUX = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");
    private static final int PROT_NONE = 0;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final byte CANARY = (byte) 0xA5;

    private record Buffer(MemorySegment pages, long start, long end) {}

    private final Arena arena = Arena.ofShared();
    private final List<Buffer> buffers = new ArrayList<>();
    private final boolean pageGuards;

    private GuardedMemory(boolean pageGuards) {
        this.pageGuards = pageGuards;
    }

    /// Memory with inaccessible pages where the system is known to have them.
    public static GuardedMemory open() {
        return new GuardedMemory(LINUX);
    }

    /// Memory with the pattern only.
    public static GuardedMemory withoutPageGuards() {
        return new GuardedMemory(false);
    }

    /// Whether inaccessible pages lie around each buffer.
    public boolean hasPageGuards() {
        return pageGuards;
    }

    /// A zeroed buffer that ends at an inaccessible page; its start is as aligned as its length allows.
    public MemorySegment endingAtGuard(long bytes) {
        return allocate(bytes, true);
    }

    /// A zeroed buffer that starts right after an inaccessible page, so that it is aligned to a page.
    public MemorySegment startingAtGuard(long bytes) {
        return allocate(bytes, false);
    }

    /// A zeroed tensor that ends at an inaccessible page.
    public Tensor tensor(DType dtype, Shape shape) {
        return Tensor.wrap(dtype, shape, endingAtGuard(dtype.bytes(shape.elementCount())));
    }

    /// A copy of a tensor that ends at an inaccessible page.
    public Tensor copyOf(Tensor tensor) {
        Tensor copy = tensor(tensor.dtype(), tensor.shape());
        copy.data().copyFrom(tensor.data());
        return copy;
    }

    private synchronized MemorySegment allocate(long bytes, boolean atEnd) {
        long pageSize = pageGuards ? Native.pageSize() : 4096;
        long size = Math.max(1, Math.ceilDiv(bytes, pageSize)) * pageSize;
        MemorySegment pages = pageGuards ? Native.map(size, pageSize, arena) : arena.allocate(size, pageSize);
        long start = atEnd ? size - bytes : 0;
        pages.fill(CANARY);
        buffers.add(new Buffer(pages, start, start + bytes));
        MemorySegment buffer = pages.asSlice(start, bytes);
        buffer.fill((byte) 0);
        return buffer;
    }

    /// Frees all buffers.
    ///
    /// @throws AssertionError if a byte around one of them was written
    @Override
    public void close() {
        try {
            for (Buffer buffer : buffers) {
                checkPattern(buffer, 0, buffer.start());
                checkPattern(buffer, buffer.end(), buffer.pages().byteSize());
            }
        } finally {
            arena.close();
        }
    }

    private static void checkPattern(Buffer buffer, long from, long to) {
        for (long i = from; i < to; i++) {
            if (buffer.pages().get(JAVA_BYTE, i) != CANARY) {
                throw new AssertionError(
                        "a byte was written outside a buffer of %d bytes, %d bytes from its start"
                                .formatted(buffer.end() - buffer.start(), i - buffer.start()));
            }
        }
    }

    /// The system calls.
    private static final class Native {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final MethodHandle MMAP =
                handle("mmap", ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
        private static final MethodHandle MPROTECT = handle("mprotect", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
        private static final MethodHandle MUNMAP = handle("munmap", JAVA_INT, ADDRESS, JAVA_LONG);
        private static final MethodHandle PAGE_SIZE = handle("getpagesize", JAVA_INT);

        private static MethodHandle handle(String name, MemoryLayout result, MemoryLayout... arguments) {
            MemorySegment function = LINKER.defaultLookup().find(name).orElseThrow();
            return LINKER.downcallHandle(function, FunctionDescriptor.of(result, arguments));
        }

        static long pageSize() {
            try {
                return (int) PAGE_SIZE.invokeExact();
            } catch (Throwable e) {
                throw new IllegalStateException("getpagesize failed", e);
            }
        }

        /// Pages with an inaccessible one on either side, unmapped when the arena closes.
        static MemorySegment map(long size, long pageSize, Arena arena) {
            long total = size + 2 * pageSize;
            try {
                MemorySegment all =
                        (MemorySegment)
                                MMAP.invokeExact(MemorySegment.NULL, total, PROT_NONE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
                if (all.address() == -1) {
                    throw new OutOfMemoryError("mmap of " + total + " bytes failed");
                }
                MemorySegment mapped = all.reinterpret(total, arena, Native::unmap);
                MemorySegment pages = mapped.asSlice(pageSize, size);
                if ((int) MPROTECT.invokeExact(pages, size, PROT_READ_WRITE) != 0) {
                    throw new IllegalStateException("mprotect of " + size + " bytes failed");
                }
                return pages;
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("mmap failed", e);
            }
        }

        private static void unmap(MemorySegment mapped) {
            try {
                if ((int) MUNMAP.invokeExact(mapped, mapped.byteSize()) != 0) {
                    throw new IllegalStateException("munmap of " + mapped.byteSize() + " bytes failed");
                }
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("munmap failed", e);
            }
        }
    }
}
