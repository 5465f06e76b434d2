package dev.octet.tensor;

import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/// A value that may be missing.
///
/// @param content null if it is
public record OptionalValue(@Nullable Value content) implements Value {
    public static final OptionalValue EMPTY = new OptionalValue(null);

    public boolean isPresent() {
        return content != null;
    }

    @Override
    public OptionalValue copy() {
        return content == null ? this : new OptionalValue(content.copy());
    }

    @Override
    public OptionalValue copy(Arena arena) {
        return content == null ? this : new OptionalValue(content.copy(arena));
    }

    @Override
    public long byteSize() {
        return content == null ? 0 : content.byteSize();
    }

    @Override
    public String toString() {
        return content == null ? "nothing" : "optional " + content;
    }
}
