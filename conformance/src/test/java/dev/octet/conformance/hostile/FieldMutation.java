package dev.octet.conformance.hostile;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Changes fields of a model's messages, whichever they are: numbers become extreme, names those of others, lists lose,
/// repeat and exchange elements, messages those of another model.
final class FieldMutation {
    private static final List<Long> INTEGERS =
            List.of(
                    0L,
                    1L,
                    -1L,
                    2L,
                    3L,
                    7L,
                    255L,
                    65_536L,
                    1_000_000L,
                    1L << 28,
                    (1L << 31) - 1,
                    1L << 31,
                    1L << 32,
                    (1L << 33) + 1,
                    1L << 61,
                    Long.MAX_VALUE,
                    Long.MAX_VALUE - 1,
                    Long.MIN_VALUE,
                    Long.MIN_VALUE + 1,
                    -(1L << 31),
                    -2L);

    private final Generator g;
    private final Map<String, List<Message>> donors = new HashMap<>();
    private final List<String> names = new ArrayList<>(List.of("", "missing", "a/b", "\u0000", "x".repeat(5000)));

    /// @param donor another model, of which parts are taken
    FieldMutation(Generator g, ModelProto donor) {
        this.g = g;
        collect(donor);
    }

    private void collect(Message message) {
        donors.computeIfAbsent(message.getDescriptorForType().getFullName(), _ -> new ArrayList<>()).add(message);
        message.getAllFields()
                .forEach((field, value) -> {
                    for (Object element : field.isRepeated() ? (List<?>) value : List.of(value)) {
                        if (element instanceof Message child) {
                            collect(child);
                        } else if (element instanceof String name) {
                            names.add(name);
                        }
                    }
                });
    }

    /// Changes one field somewhere below.
    ModelProto apply(ModelProto model) {
        collect(model);
        ModelProto.Builder builder = model.toBuilder();
        List<Message.Builder> all = new ArrayList<>();
        builders(builder, all);
        for (int attempt = 0; attempt < 20; attempt++) {
            Message.Builder at = g.oneOf(all);
            List<FieldDescriptor> set = new ArrayList<>(at.getAllFields().keySet());
            List<FieldDescriptor> possible = g.integer(0, 7) == 0 ? at.getDescriptorForType().getFields() : set;
            if (!possible.isEmpty()) {
                change(at, g.oneOf(possible));
                break;
            }
        }
        return builder.build();
    }

    private static void builders(Message.Builder builder, List<Message.Builder> all) {
        all.add(builder);
        for (FieldDescriptor field : List.copyOf(builder.getAllFields().keySet())) {
            if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                continue;
            }
            if (field.isRepeated()) {
                for (int i = 0; i < builder.getRepeatedFieldCount(field); i++) {
                    builders(builder.getRepeatedFieldBuilder(field, i), all);
                }
            } else {
                builders(builder.getFieldBuilder(field), all);
            }
        }
    }

    private void change(Message.Builder message, FieldDescriptor field) {
        if (!field.isRepeated()) {
            if (g.integer(0, 3) == 0) {
                message.clearField(field);
            } else {
                message.setField(field, element(message, field));
            }
            return;
        }
        List<Object> elements = new ArrayList<>();
        for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
            elements.add(message.getRepeatedField(field, i));
        }
        change(message, field, elements);
        message.clearField(field);
        elements.forEach(e -> message.addRepeatedField(field, e));
    }

    private void change(Message.Builder message, FieldDescriptor field, List<Object> elements) {
        if (elements.isEmpty()) {
            elements.add(element(message, field));
            return;
        }
        int at = g.integer(0, elements.size() - 1);
        switch (g.integer(0, 8)) {
            case 0 -> elements.remove(at);
            case 1 -> elements.add(elements.get(at));
            case 2 -> Collections.swap(elements, at, g.integer(0, elements.size() - 1));
            case 3 -> elements.add(g.integer(0, elements.size()), element(message, field));
            case 4 -> {
                // Few large lists: they make the campaign slow.
                int copies = g.integer(0, 9) == 0 ? 1000 : g.integer(2, 40);
                elements.addAll(at, Collections.nCopies(copies, elements.get(at)));
            }
            default -> elements.set(at, element(message, field));
        }
    }

    private Object element(Message.Builder message, FieldDescriptor field) {
        return switch (field.getJavaType()) {
            case INT -> g.flip() ? g.integer(-1, 30) : g.oneOf(INTEGERS).intValue();
            case LONG -> g.integer(0, 2) == 0 ? (long) g.integer(-6, 12) : g.oneOf(INTEGERS);
            case FLOAT -> g.flip() ? g.extreme() : g.normal(0, 10);
            case DOUBLE -> (double) g.extreme();
            case BOOLEAN -> g.flip();
            case STRING -> g.oneOf(names);
            case BYTE_STRING -> bytes(message, field);
            case ENUM -> g.oneOf(field.getEnumType().getValues());
            case MESSAGE -> {
                List<Message> others = donors.get(field.getMessageType().getFullName());
                yield others == null ? message.newBuilderForField(field).build() : g.oneOf(others);
            }
        };
    }

    private ByteString bytes(Message.Builder message, FieldDescriptor field) {
        ByteString old =
                field.isRepeated() || !message.hasField(field)
                        ? ByteString.copyFromUtf8(g.oneOf(names))
                        : (ByteString) message.getField(field);
        byte[] changed = old.isEmpty() ? new byte[g.integer(1, 9)] : ByteMutation.apply(g, old.toByteArray());
        return ByteString.copyFrom(changed);
    }
}
