package dev.octet.graph;

import dev.octet.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Named constants of a node, as the file has them: the form in which operators are read and written.
///
/// Immutable. The typed getters return the default where the attribute is absent and refuse another kind.
public final class Attributes {
    public static final Attributes EMPTY = new Attributes(Map.of());

    /// Value of one attribute.
    public sealed interface Value {}

    public record IntValue(long value) implements Value {}

    public record FloatValue(float value) implements Value {}

    /// A byte string; text is UTF-8.
    public record StringValue(String value) implements Value {}

    public record TensorValue(Tensor value) implements Value {}

    public record GraphValue(Graph value) implements Value {}

    public record IntsValue(List<Long> value) implements Value {}

    public record FloatsValue(List<Float> value) implements Value {}

    public record StringsValue(List<String> value) implements Value {}

    public record TypeValue(TypeInfo value) implements Value {}

    /// An attribute of a kind that no operator of ours has, carried as the file encodes it.
    public record EncodedValue(byte[] value) implements Value {}

    private final Map<String, Value> values;

    private Attributes(Map<String, Value> values) {
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    public static Attributes of(Map<String, Value> values) {
        return values.isEmpty() ? EMPTY : new Attributes(values);
    }

    public static Builder builder() {
        return new Builder();
    }

    public Map<String, Value> asMap() {
        return values;
    }

    public Set<String> names() {
        return values.keySet();
    }

    public boolean has(String name) {
        return values.containsKey(name);
    }

    public long getInt(String name, long defaultValue) {
        return find(name, IntValue.class).map(IntValue::value).orElse(defaultValue);
    }

    /// An int attribute that must fit in 32 bits.
    public int getInt(String name, int defaultValue) {
        long value = getInt(name, (long) defaultValue);
        if (value != (int) value) {
            throw new IllegalArgumentException("attribute " + name + " = " + value + " does not fit in 32 bits");
        }
        return (int) value;
    }

    public boolean getBoolean(String name, boolean defaultValue) {
        return getInt(name, defaultValue ? 1L : 0L) != 0;
    }

    public float getFloat(String name, float defaultValue) {
        return find(name, FloatValue.class).map(FloatValue::value).orElse(defaultValue);
    }

    public String getString(String name, String defaultValue) {
        return find(name, StringValue.class).map(StringValue::value).orElse(defaultValue);
    }

    public Optional<Tensor> getTensor(String name) {
        return find(name, TensorValue.class).map(TensorValue::value);
    }

    public Optional<Graph> getGraph(String name) {
        return find(name, GraphValue.class).map(GraphValue::value);
    }

    public Optional<List<Long>> getInts(String name) {
        return find(name, IntsValue.class).map(IntsValue::value);
    }

    public Optional<List<Float>> getFloats(String name) {
        return find(name, FloatsValue.class).map(FloatsValue::value);
    }

    public Optional<List<String>> getStrings(String name) {
        return find(name, StringsValue.class).map(StringsValue::value);
    }

    public Optional<TypeInfo> getType(String name) {
        return find(name, TypeValue.class).map(TypeValue::value);
    }

    /// A member of an enumeration by its ONNX spelling, which is the constant's name in any case.
    public <E extends Enum<E>> E getEnum(String name, E defaultValue) {
        String text = getString(name, defaultValue.name());
        for (E constant : defaultValue.getDeclaringClass().getEnumConstants()) {
            if (constant.name().equalsIgnoreCase(text)) {
                return constant;
            }
        }
        throw new IllegalArgumentException("attribute " + name + ": unknown value '" + text + "'");
    }

    private <V extends Value> Optional<V> find(String name, Class<V> kind) {
        Value value = values.get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!kind.isInstance(value)) {
            throw new IllegalArgumentException(
                    "attribute "
                            + name
                            + ": expected "
                            + kind.getSimpleName().replace("Value", "")
                            + ", found "
                            + value.getClass().getSimpleName().replace("Value", ""));
        }
        return Optional.of(kind.cast(value));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Attributes attributes && values.equals(attributes.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return values.toString();
    }

    /// Collects attributes in the order given.
    public static final class Builder {
        private final Map<String, Value> values = new LinkedHashMap<>();

        private Builder() {}

        public Builder put(String name, Value value) {
            values.put(name, value);
            return this;
        }

        public Builder put(String name, long value) {
            return put(name, new IntValue(value));
        }

        public Builder put(String name, boolean value) {
            return put(name, value ? 1L : 0L);
        }

        public Builder put(String name, float value) {
            return put(name, new FloatValue(value));
        }

        public Builder put(String name, String value) {
            return put(name, new StringValue(value));
        }

        /// An enumeration by its ONNX spelling in lower case.
        public Builder put(String name, Enum<?> value) {
            return put(name, value.name().toLowerCase(Locale.ROOT));
        }

        public Builder put(String name, Tensor value) {
            return put(name, new TensorValue(value));
        }

        public Builder put(String name, List<Long> value) {
            return put(name, new IntsValue(List.copyOf(value)));
        }

        public Attributes build() {
            return of(values);
        }
    }
}
