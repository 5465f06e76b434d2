package dev.octet.kernels.x64;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/// Memory that holds machine code: written first, executable after, never both at once. It is given back to the system
/// when nothing refers to the segment any more.
///
/// Linux and macOS: `mmap` readable and writable, then `mprotect` readable and executable. Windows: `VirtualAlloc`,
/// then `VirtualProtect`. An x86-64 CPU sees code that was written without being told.
final class CodeMemory {
    private CodeMemory() {}

    /// A refusal by the system, as a hardened one may.
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }

    /// Reserves, protects and releases pages.
    private interface Pages {
        /// Zeroed memory, writable; null if there is none.
        MemorySegment map(long bytes) throws Throwable;

        /// Makes it executable and read-only.
        boolean protect(MemorySegment pages, long bytes) throws Throwable;

        void unmap(MemorySegment pages) throws Throwable;
    }

    /// A copy of `code` that can be called.
    ///
    /// @throws RefusedException if the system gives no such memory
    static MemorySegment executable(byte[] code) throws RefusedException {
        Pages pages = Holder.PAGES;
        MemorySegment mapped = call("mapping code", () -> pages.map(code.length));
        if (mapped.address() == 0 || mapped.address() == -1) {
            throw new RefusedException("the system gives no memory for " + code.length + " bytes of code");
        }
        MemorySegment owned = mapped.reinterpret(code.length, Arena.ofAuto(), p -> unmap(pages, p));
        MemorySegment.copy(code, 0, owned, ValueLayout.JAVA_BYTE, 0, code.length);
        if (!call("protecting code", () -> pages.protect(owned, code.length))) {
            throw new RefusedException("the system refuses to make " + code.length + " bytes of code executable");
        }
        return owned.asReadOnly();
    }

    private static void unmap(Pages pages, MemorySegment mapped) {
        call(
                "unmapping code",
                () -> {
                    pages.unmap(mapped);
                    return true;
                });
    }

    private interface SystemCall<T> {
        T invoke() throws Throwable;
    }

    private static <T> T call(String what, SystemCall<T> systemCall) {
        try {
            return systemCall.invoke();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(what + " failed", e);
        }
    }

    private static final class Holder {
        private static final String SYSTEM = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        static final Pages PAGES = SYSTEM.contains("win") ? new WindowsPages() : new PosixPages(SYSTEM.contains("mac"));
    }

    private static MethodHandle handle(MemorySegment function, MemoryLayout result, MemoryLayout... arguments) {
        return Linker.nativeLinker().downcallHandle(function, FunctionDescriptor.of(result, arguments));
    }

    private static final class PosixPages implements Pages {
        private static final int READ_WRITE = 3;
        private static final int READ_EXECUTE = 5;
        private static final int PRIVATE_ANONYMOUS = 0x22;
        private static final int PRIVATE_ANONYMOUS_MAC = 0x1002;

        // One kind of call for all functions, since each kind takes milliseconds to prepare: on x86-64 a function finds
        // its arguments in the same registers whatever integers they are, and does not look at further ones.
        private static final FunctionDescriptor KIND =
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

        private final int flags;
        private final MethodHandle mmap = function("mmap");
        private final MethodHandle mprotect = function("mprotect");
        private final MethodHandle munmap = function("munmap");

        PosixPages(boolean mac) {
            flags = mac ? PRIVATE_ANONYMOUS_MAC : PRIVATE_ANONYMOUS;
        }

        private static MethodHandle function(String name) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), KIND);
        }

        @Override
        public MemorySegment map(long bytes) throws Throwable {
            return MemorySegment.ofAddress(
                    (long) mmap.invokeExact(0L, bytes, (long) READ_WRITE, (long) flags, -1L, 0L));
        }

        @Override
        public boolean protect(MemorySegment pages, long bytes) throws Throwable {
            return (int) (long) mprotect.invokeExact(pages.address(), bytes, (long) READ_EXECUTE, 0L, 0L, 0L) == 0;
        }

        @Override
        public void unmap(MemorySegment pages) throws Throwable {
            if ((int) (long) munmap.invokeExact(pages.address(), pages.byteSize(), 0L, 0L, 0L, 0L) != 0) {
                throw new IllegalStateException("munmap of " + pages.byteSize() + " bytes failed");
            }
        }
    }

    private static final class WindowsPages implements Pages {
        private static final int COMMIT_RESERVE = 0x3000;
        private static final int RELEASE = 0x8000;
        private static final int READ_WRITE = 4;
        private static final int EXECUTE_READ = 0x20;

        private final MethodHandle allocate =
                handle(function("VirtualAlloc"), ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT);
        private final MethodHandle protect =
                handle(function("VirtualProtect"), JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS);
        private final MethodHandle free = handle(function("VirtualFree"), JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

        private static MemorySegment function(String name) {
            return SymbolLookup.libraryLookup("kernel32", Arena.global()).find(name).orElseThrow();
        }

        @Override
        public MemorySegment map(long bytes) throws Throwable {
            return (MemorySegment) allocate.invokeExact(MemorySegment.NULL, bytes, COMMIT_RESERVE, READ_WRITE);
        }

        @Override
        public boolean protect(MemorySegment pages, long bytes) throws Throwable {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment before = arena.allocate(JAVA_INT);
                return (int) protect.invokeExact(pages, bytes, EXECUTE_READ, before) != 0;
            }
        }

        @Override
        public void unmap(MemorySegment pages) throws Throwable {
            if ((int) free.invokeExact(pages, 0L, RELEASE) == 0) {
                throw new IllegalStateException("VirtualFree failed");
            }
        }
    }
}
