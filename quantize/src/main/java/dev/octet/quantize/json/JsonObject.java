package dev.octet.quantize.json;

import dev.octet.tensor.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/// A JSON object with its place in the file, read strictly.
public record JsonObject(String path, JsonNode node) {
    public static JsonObject root(JsonNode node) {
        return new JsonObject("", node).requireObject();
    }

    private JsonObject requireObject() {
        if (!node.isObject()) {
            throw wrong(path.isEmpty() ? "the file" : path, "an object", node);
        }
        return this;
    }

    private static IllegalArgumentException wrong(String where, String expected, JsonNode found) {
        return new IllegalArgumentException(
                where + ": expected " + expected + ", found " + found.getNodeType().name().toLowerCase(Locale.ROOT));
    }

    public Collection<String> names() {
        return node.propertyNames();
    }

    public boolean has(String name) {
        return node.has(name);
    }

    private String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private JsonNode required(String name) {
        JsonNode value = node.get(name);
        if (value == null) {
            throw new IllegalArgumentException(at(name) + " is missing");
        }
        return value;
    }

    public JsonObject object(String name) {
        return new JsonObject(at(name), required(name)).requireObject();
    }

    /// The objects of an array; none if there is no such array.
    public List<JsonObject> objects(String name) {
        List<JsonObject> objects = new ArrayList<>();
        if (has(name)) {
            int index = 0;
            for (JsonNode element : array(name)) {
                objects.add(new JsonObject(at(name) + "[" + index++ + "]", element).requireObject());
            }
        }
        return objects;
    }

    /// @throws IllegalArgumentException if this object has another property than these
    public void requireOnly(Set<String> known) {
        for (String name : names()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(at(name) + ": expected one of " + new TreeSet<>(known));
            }
        }
    }

    public boolean isString(String name) {
        return required(name).isString();
    }

    public boolean bool(String name) {
        JsonNode value = required(name);
        if (!value.isBoolean()) {
            throw wrong(at(name), "true or false", value);
        }
        return value.booleanValue();
    }

    /// What a reader makes of this object; its complaints get the place in front.
    public <T> T in(Function<JsonObject, T> reader) {
        try {
            return reader.apply(this);
        } catch (IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage());
            throw message.startsWith(path) ? e : new IllegalArgumentException(path + ": " + message, e);
        }
    }

    public String string(String name) {
        JsonNode value = required(name);
        if (!value.isString()) {
            throw wrong(at(name), "a string", value);
        }
        return value.stringValue();
    }

    public long integer(String name, long min, long max) {
        JsonNode value = required(name);
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < min
                || value.longValue() > max) {
            throw new IllegalArgumentException(
                    at(name) + ": expected an integer from " + min + " to " + max + ", found " + value);
        }
        return value.longValue();
    }

    public double number(String name) {
        return number(required(name), at(name));
    }

    private static double number(JsonNode value, String where) {
        if (!value.isNumber()) {
            throw wrong(where, "a number", value);
        }
        double number = value.asDouble();
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException(where + ": expected a finite number, found " + value);
        }
        return number;
    }

    private JsonNode array(String name) {
        JsonNode value = required(name);
        if (!value.isArray()) {
            throw wrong(at(name), "an array", value);
        }
        return value;
    }

    public float[] floats(String name) {
        JsonNode array = array(name);
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) number(array.get(i), at(name));
        }
        return values;
    }

    public int[] ints(String name) {
        JsonNode array = array(name);
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            JsonNode value = array.get(i);
            if (!value.isIntegralNumber() || !value.canConvertToInt()) {
                throw new IllegalArgumentException(at(name) + ": expected integers of 32 bits, found " + value);
            }
            values[i] = value.intValue();
        }
        return values;
    }

    public DType dtype(String name) {
        String text = string(name);
        for (DType dtype : DType.values()) {
            if (dtype.name().equalsIgnoreCase(text)) {
                return dtype;
            }
        }
        throw new IllegalArgumentException(at(name) + ": unknown type '" + text + "'");
    }
}
