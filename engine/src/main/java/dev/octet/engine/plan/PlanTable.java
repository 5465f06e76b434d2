package dev.octet.engine.plan;

import dev.octet.engine.operator.Values;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The values and steps of a plan in the making, and from which step to which each block of memory is needed.
///
/// Values are read and defined before the step that does so is added.
final class PlanTable {
    private final Values values;
    private final List<PlannedValue> planned = new ArrayList<>();
    private final Map<String, PlannedValue> byName = new HashMap<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<MemoryPlan.Life> lives = new ArrayList<>();
    private final MemoryLimit limit;
    private String largest = "";
    private long largestBytes;

    PlanTable(Values values, MemoryLimit limit) {
        this.values = values;
        this.limit = limit;
    }

    void add(Step step) {
        steps.add(step);
    }

    /// A value that the next step reads, or, after the last step, the caller.
    PlannedValue read(String name) {
        PlannedValue value = byName.get(name);
        if (value == null) {
            Tensor constant = values.constant(name);
            if (constant == null) {
                throw new IllegalStateException("'" + name + "' is read before it is computed");
            }
            value = put(name, new PlannedValue.Constant(planned.size(), constant));
        }
        if (value instanceof PlannedValue.Placed placed) {
            MemoryPlan.Life life = lives.get(placed.block());
            lives.set(placed.block(), new MemoryPlan.Life(life.bytes(), life.first(), steps.size()));
        }
        return value;
    }

    /// The inputs of a node, null for those that are absent.
    List<@Nullable PlannedValue> operands(Node node) {
        List<@Nullable PlannedValue> operands = new ArrayList<>();
        node.inputs().forEach(name -> operands.add(name.isEmpty() ? null : read(name)));
        return Collections.unmodifiableList(operands);
    }

    /// A value that the next step writes, or, before the first step, the caller.
    PlannedValue define(String name) {
        return put(name, place(name, type(name)));
    }

    /// The outputs of a node; those that nobody reads need memory too.
    List<PlannedValue> defineAll(Node node) {
        return node.outputs().stream().map(this::define).toList();
    }

    List<PlannedValue> defineDynamic(Node node) {
        List<PlannedValue> defined = new ArrayList<>();
        for (String name : node.outputs()) {
            defined.add(put(name, new PlannedValue.Dynamic(planned.size())));
        }
        return List.copyOf(defined);
    }

    /// Defines a value as a view of another.
    void alias(String name, String source) {
        Shape shape = shape(type(name));
        switch (read(source)) {
            case PlannedValue.Placed p ->
                    put(name, new PlannedValue.Placed(planned.size(), p.dtype(), shape, p.block()));
            case PlannedValue.Constant c ->
                    put(name, new PlannedValue.Constant(planned.size(), c.tensor().reshape(shape)));
            case PlannedValue.Dynamic _ -> throw new IllegalStateException("'" + source + "' has no fixed place");
        }
    }

    long byteSize(String name) {
        TypeInfo type = type(name);
        return type.dtype().bytes(shape(type).elementCount());
    }

    ExecutionPlan plan(Map<String, PlannedValue> inputs, Map<String, PlannedValue> outputs) {
        MemoryPlan memory = MemoryPlan.of(lives);
        limit.check(memory.size(), largest);
        return new ExecutionPlan(inputs, outputs, List.copyOf(planned), List.copyOf(steps), memory, limit);
    }

    private PlannedValue place(String name, TypeInfo type) {
        DType dtype = type.dtype();
        Shape shape = shape(type);
        long bytes = dtype.bytes(shape.elementCount());
        if (bytes > largestBytes) {
            largestBytes = bytes;
            largest = "value '" + name + "' of " + dtype + " " + shape;
            // At once: the sum of many could leave the range of a long.
            limit.check(bytes, largest);
        }
        lives.add(new MemoryPlan.Life(bytes, steps.size(), steps.size()));
        return new PlannedValue.Placed(planned.size(), dtype, shape, lives.size() - 1);
    }

    private PlannedValue put(String name, PlannedValue value) {
        planned.add(value);
        byName.put(name, value);
        return value;
    }

    private TypeInfo type(String name) {
        TypeInfo type = values.type(name);
        if (type == null) {
            throw new IllegalStateException("the type of '" + name + "' is not known");
        }
        return type;
    }

    private static Shape shape(TypeInfo type) {
        PartialShape shape = type.shape();
        if (shape == null) {
            throw new IllegalStateException("the rank of a value is not known");
        }
        return shape.toShape();
    }
}
