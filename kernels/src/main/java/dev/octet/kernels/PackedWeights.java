package dev.octet.kernels;

import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// What kernels have made of constants: packed once, and shared by the plans of all shapes and by all sessions that use
/// the same tensor. It is kept as long as the tensor is.
public final class PackedWeights {
    /// Tensors are equal only to themselves.
    private static final Map<Tensor, Map<Object, Object>> PACKED = new WeakHashMap<>();

    private PackedWeights() {}

    /// The packed form of a constant.
    ///
    /// @param constant whose elements do not change any more
    /// @param form says all that the result depends on beside the constant, by its class and by `equals`; it is of one
    ///   class for each class of results
    /// @param pack makes the result, which must not hold on to the constant
    public static <T> T of(Tensor constant, Object form, Supplier<T> pack) {
        Map<Object, Object> forms;
        synchronized (PACKED) {
            forms = PACKED.computeIfAbsent(constant, _ -> new ConcurrentHashMap<>());
        }
        @SuppressWarnings("unchecked") // A form is of one class of results.
        T packed =
                (T)
                        forms.computeIfAbsent(
                                form,
                                _ -> {
                                    T made = pack.get();
                                    release(constant.data());
                                    return made;
                                });
        return packed;
    }

    /// The pages of a mapped file are as good on the disk, now that they have been read: otherwise each weight would be
    /// in memory twice.
    private static void release(MemorySegment weights) {
        if (weights.isMapped()) {
            weights.unload();
        }
    }
}
