package dev.octet.kernels.x64;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/// A generated function. It takes the address of a block of arguments, which it finds in RDI on every system, and
/// returns nothing. Every register but RSP is free to use: what the system's convention protects is saved around it.
final class MachineCode {
    /// How functions receive their argument, and which registers they must preserve.
    enum Convention {
        /// Linux, macOS.
        SYSTEM_V,
        /// Windows.
        MICROSOFT;

        static final Convention NATIVE =
                System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("win") ? MICROSOFT : SYSTEM_V;
    }

    /// Writes the body of a function.
    interface Body {
        void emit(Assembler assembler);
    }

    private static final Gpr[] PRESERVED = {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15};
    private static final int FIRST_PRESERVED_VECTOR = 6;
    private static final int PRESERVED_VECTORS = 10;

    // Critical: code that neither blocks nor calls back needs no transition of the thread's state.
    private static final MethodHandle CALL =
            Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(JAVA_LONG), Linker.Option.critical(false));

    private final MemorySegment function;

    private MachineCode(MemorySegment function) {
        this.function = function;
    }

    /// @throws CodeMemory.RefusedException if the system gives no memory for code
    static MachineCode of(Body body) throws CodeMemory.RefusedException {
        return new MachineCode(CodeMemory.executable(assemble(Convention.NATIVE, body)));
    }

    static byte[] assemble(Convention convention, Body body) {
        Assembler assembler = new Assembler();
        enter(assembler, convention);
        body.emit(assembler);
        leave(assembler, convention);
        return assembler.finish();
    }

    /// Runs the function.
    ///
    /// @param arguments address of its block of arguments
    void call(long arguments) {
        try {
            CALL.invokeExact(function, arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a call of generated code failed", e);
        }
    }

    private static void enter(Assembler a, Convention convention) {
        for (Gpr register : PRESERVED) {
            a.push(register);
        }
        if (convention == Convention.MICROSOFT) {
            a.push(Gpr.RSI);
            a.push(Gpr.RDI);
            a.sub(Gpr.RSP, 16 * PRESERVED_VECTORS);
            for (int i = 0; i < PRESERVED_VECTORS; i++) {
                a.store(VectorOp.VMOVUPS_STORE, Mem.at(Gpr.RSP, 16 * i), Vec.x(FIRST_PRESERVED_VECTOR + i));
            }
            a.mov(Gpr.RDI, Gpr.RCX);
        }
    }

    private static void leave(Assembler a, Convention convention) {
        a.vzeroupper();
        if (convention == Convention.MICROSOFT) {
            for (int i = 0; i < PRESERVED_VECTORS; i++) {
                a.emit(VectorOp.VMOVUPS, Vec.x(FIRST_PRESERVED_VECTOR + i), Mem.at(Gpr.RSP, 16 * i));
            }
            a.add(Gpr.RSP, 16 * PRESERVED_VECTORS);
            a.pop(Gpr.RDI);
            a.pop(Gpr.RSI);
        }
        for (int i = PRESERVED.length - 1; i >= 0; i--) {
            a.pop(PRESERVED[i]);
        }
        a.ret();
    }
}
