package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Parameters that are known without any data, such as 1/256 for the output of a sigmoid (PyTorch's
/// `FixedQParamsObserver`). Whatever it observes is accepted and changes nothing.
public final class FixedQParamsObserver implements Observer {
    static final String KIND = "fixed-qparams";

    private final QuantParams fixed;

    /// @param params of a whole tensor
    public FixedQParamsObserver(QuantParams params) {
        if (params.scales().length != 1) {
            throw new IllegalArgumentException("fixed parameters: expected one scale, found " + params);
        }
        fixed = params;
    }

    FixedQParamsObserver(ObserverState state) {
        this(
                QuantParams.perTensor(
                        dtype(state.integer("signedBits", -16, 16)),
                        state.integer("quantMin", Integer.MIN_VALUE, Integer.MAX_VALUE),
                        state.integer("quantMax", Integer.MIN_VALUE, Integer.MAX_VALUE),
                        (float) state.number("scale"),
                        state.integer("zeroPoint", Integer.MIN_VALUE, Integer.MAX_VALUE)));
    }

    /// An integer type as a number: its bits, negative if it is signed.
    private static int signedBits(DType dtype) {
        return dtype.isSigned() ? -dtype.bits() : dtype.bits();
    }

    private static DType dtype(int signedBits) {
        for (DType dtype : DType.values()) {
            if (dtype.isInteger() && signedBits(dtype) == signedBits) {
                return dtype;
            }
        }
        throw new IllegalArgumentException(KIND + ": no integer type has " + signedBits + " bits");
    }

    @Override
    public void observe(Tensor values) {
        Chunk.requireFloat(values);
    }

    @Override
    public void merge(Observer other) {
        FixedQParamsObserver o = Ranges.requireSame(this, other);
        if (!fixed.equals(o.fixed)) {
            throw new IllegalArgumentException("observer to merge: expected " + fixed + ", found " + o.fixed);
        }
    }

    @Override
    public boolean isEmpty() {
        return false;
    }

    /// The fixed parameters, whatever the scheme says.
    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        return fixed;
    }

    @Override
    public ObserverState state() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        numbers.put("signedBits", (double) signedBits(fixed.dtype()));
        numbers.put("quantMin", (double) fixed.quantMin());
        numbers.put("quantMax", (double) fixed.quantMax());
        numbers.put("scale", (double) fixed.scale());
        numbers.put("zeroPoint", (double) fixed.zeroPoint());
        return new ObserverState(KIND, numbers, Map.of());
    }
}
