package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.NarrowFloat;
import dev.octet.tensor.NarrowFloat.Rounding;

/// How a conversion to a floating type of at most 8 bits treats numbers that it does not have.
///
/// @param saturate whether what is too large becomes the largest finite number
/// @param rounding which of two neighbours is taken where the type is FLOAT8E8M0; the others take the nearest
public record Narrowing(boolean saturate, Rounding rounding) {
    static final Narrowing SATURATING = new Narrowing(true, Rounding.UP);

    static Narrowing of(Attributes attributes) {
        return new Narrowing(attributes.getBoolean("saturate", true), attributes.getEnum("round_mode", Rounding.UP));
    }

    Attributes.Builder put(Attributes.Builder builder) {
        if (!saturate) {
            builder.put("saturate", false);
        }
        if (rounding != Rounding.UP) {
            builder.put("round_mode", rounding);
        }
        return builder;
    }

    /// The code of a number in a floating type of at most 8 bits.
    int encode(double value, DType type) {
        NarrowFloat format = type.narrowFloat();
        return format == NarrowFloat.E8M0
                ? format.encodePower(value, saturate, rounding)
                : format.encode(value, saturate);
    }
}
