package dev.octet.qat.quantizer;

import ai.djl.ndarray.NDArray;
import dev.octet.qat.torch.TorchFunction;
import dev.octet.quant.NumericsProfile;
import dev.octet.quant.NumericsProfile.Scaling;
import dev.octet.quant.NumericsProfile.ZeroPointOrder;
import dev.octet.quant.QuantScheme;
import dev.octet.quant.Rounding;
import java.util.List;

/// `(clamp(round(x/scale) + zeroPoint) − zeroPoint)·scale` in the arithmetic of a profile, with the gradient 1 where
/// nothing was clamped.
///
/// In PyTorch's own arithmetic this is one operation of PyTorch's. In any other it is spelled out: rounding is `u +
/// (round(u) − u)` with the difference held constant, which is exact in floats, and clamping has the mask as its own
/// gradient.
final class FakeQuantFormula {
    private static final List<String> OPERANDS = List.of("x", "s", "z");

    private final TorchFunction function;

    FakeQuantFormula(QuantizedSite site) {
        this(site, site.scheme());
    }

    /// @param clamped the integers to clamp to
    FakeQuantFormula(QuantizedSite site, QuantScheme clamped) {
        NumericsProfile numerics = site.numerics();
        boolean ofPyTorch =
                numerics.scaling() == Scaling.RECIPROCAL
                        && numerics.rounding() == Rounding.HALF_EVEN
                        && numerics.zeroPointOrder() == ZeroPointOrder.AFTER_ROUNDING;
        function = TorchFunction.of(OPERANDS, 1, ofPyTorch ? own(site, clamped) : spelledOut(site, clamped));
    }

    private static String own(QuantizedSite site, QuantScheme clamped) {
        int min = clamped.quantMin();
        int max = clamped.quantMax();
        return site.perChannel()
                ? "return torch.fake_quantize_per_channel_affine(x, s, z, %d, %d, %d)"
                        .formatted(site.channelAxis(), min, max)
                : "return torch.fake_quantize_per_tensor_affine(x, s, z, %d, %d)".formatted(min, max);
    }

    private static String spelledOut(QuantizedSite site, QuantScheme clamped) {
        NumericsProfile numerics = site.numerics();
        StringBuilder body = new StringBuilder();
        // Copies: values that share their parameters are observed one after the other, and each has its own gradient.
        body.append("s = torch.clone(s)\nz = torch.clone(z)\n");
        if (site.perChannel()) {
            // The scales stand along their axis of as many axes as x has.
            body.append("rest = torch.dim(x) - %d\n".formatted(site.channelAxis() + 1));
            body.append("a = torch.reshape(s, torch.add([-1], torch.mul([1], rest)))\n");
            body.append("c = torch.reshape(z, torch.add([-1], torch.mul([1], rest)))\n");
        } else {
            body.append("a = s\nc = z\n");
        }
        boolean division = numerics.scaling() == Scaling.DIVISION;
        body.append(division ? "u = torch.div(x, a)\n" : "u = torch.mul(x, torch.reciprocal(a))\n");
        boolean before = numerics.zeroPointOrder() == ZeroPointOrder.BEFORE_ROUNDING;
        if (before) {
            body.append("u = torch.add(u, c)\n");
        }
        boolean halfEven = numerics.rounding() == Rounding.HALF_EVEN;
        body.append("t = torch.detach(u)\n");
        body.append(halfEven ? "r = torch.round(t)\n" : HALF_AWAY);
        body.append("v = torch.add(u, torch.sub(r, t))\n");
        if (!before) {
            body.append("v = torch.add(v, c)\n");
        }
        body.append("q = torch.clamp(v, %d, %d)\n".formatted(clamped.quantMin(), clamped.quantMax()));
        body.append("return torch.mul(torch.sub(q, c), a)\n");
        return body.toString();
    }

    /// The nearest integer, ties away from zero.
    private static final String HALF_AWAY =
            """
            w = torch.floor(torch.abs(t))
            h = torch.ge(torch.sub(torch.abs(t), w), 0.5)
            r = torch.mul(torch.sign(t), torch.where(h, torch.add(w, 1.), w))
            """;

    /// @param scale FLOAT32, one number or one per channel
    /// @param zeroPoint INT32, likewise
    NDArray apply(NDArray x, NDArray scale, NDArray zeroPoint) {
        return function.apply(x, scale, zeroPoint);
    }
}
