package dev.octet.kernels;

import dev.octet.tensor.Tensor;
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
        T packed = (T) forms.computeIfAbsent(form, _ -> pack.get());
        return packed;
    }
}
