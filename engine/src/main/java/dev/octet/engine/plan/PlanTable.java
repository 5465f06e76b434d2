package dev.octet.engine.plan;

import dev.octet.engine.operator.RecurrentProgram;
import dev.octet.engine.operator.Site;
import dev.octet.engine.operator.Transposition;
import dev.octet.engine.operator.Values;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Transpose;
import dev.octet.kernels.CopySpec;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.Layout;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The values and steps of a plan in the making, and from which step to which each block of memory is needed.
///
/// Values are read and defined before the step that does so is added. What reads a value in another layout than that in
/// which it lies makes a step that transposes it, once for all that do.
final class PlanTable {
    private final Values values;
    private final KernelSets kernels;
    private final List<PlannedValue> planned = new ArrayList<>();
    private final Map<String, Stored> byName = new HashMap<>();
    private final Map<Form, PlannedValue> forms = new HashMap<>();
    private final JoinedParts joined;
    private final Map<String, PlannedValue> wholes = new HashMap<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<MemoryPlan.Life> lives = new ArrayList<>();
    private final MemoryLimit limit;
    private String largest = "";
    private long largestBytes;

    /// A value and how it lies in memory.
    private record Stored(PlannedValue value, Layout layout) {}

    /// A value as its reader wants it.
    ///
    /// @param rank number of its axes, the first ones of extent 1 if there are more than the value has
    private record Form(String name, int rank, Layout layout) {}

    /// @param joined which values lie in a Concat's result
    PlanTable(Values values, JoinedParts joined, KernelSets kernels, MemoryLimit limit) {
        this.values = values;
        this.joined = joined;
        this.kernels = kernels;
        this.limit = limit;
    }

    void add(Step step) {
        steps.add(step);
    }

    /// A value in the order of its axes, for the next step to read, or, after the last step, the caller.
    PlannedValue read(String name) {
        return readAll(List.of(name)).getFirst();
    }

    /// Likewise several values.
    List<PlannedValue> readAll(List<String> names) {
        return readAll(names, 0, Layout.CHANNELS_FIRST);
    }

    /// Values for the next step to read.
    ///
    /// @param rank number of axes of images: values with fewer are seen with leading axes of extent 1
    /// @param layout in which the step wants them
    List<PlannedValue> readAll(List<String> names, int rank, Layout layout) {
        // First all, since a transposition is a step of its own.
        List<PlannedValue> found = names.stream().map(name -> find(name, rank, layout)).toList();
        found.forEach(this::touch);
        return found;
    }

    /// A value as it lies in memory.
    PlannedValue readStored(String name) {
        PlannedValue value = stored(name).value;
        touch(value);
        return value;
    }

    private PlannedValue find(String name, int rank, Layout layout) {
        Stored stored = stored(name);
        boolean first = layout == Layout.CHANNELS_FIRST && stored.layout == layout;
        if (first || stored.value instanceof PlannedValue.Dynamic || stored.value instanceof PlannedValue.Structured) {
            return stored.value;
        }
        Shape own = shape(type(name));
        int axes = Math.max(rank, own.rank());
        if (layout == stored.layout && axes == own.rank()) {
            return stored.value;
        }
        Form form = new Form(name, axes, layout);
        PlannedValue known = forms.get(form);
        if (known == null) {
            known = make(name, stored, Site.withRank(own, axes), axes == own.rank() ? own : null, layout);
            forms.put(form, known);
        }
        return known;
    }

    /// @param shape that the reader sees
    /// @param own the same if the value has that many axes, else null
    private PlannedValue make(String name, Stored stored, Shape shape, @Nullable Shape own, Layout layout) {
        PlannedValue source = stored.value;
        Layout from = stored.layout;
        if (own == null && from != Layout.CHANNELS_FIRST) {
            // With more axes, others are batch and channels.
            source = find(name, 0, Layout.CHANNELS_FIRST);
            from = Layout.CHANNELS_FIRST;
        }
        Transposition transposition = Transposition.between(from, layout, shape);
        return transposition.isView()
                ? keep(source.part(planned.size(), 0, layout.stored(shape)))
                : transpose(name, source, transposition, layout.stored(shape));
    }

    /// Transposes a constant now, another value in a step of its own.
    private PlannedValue transpose(String name, PlannedValue source, Transposition t, Shape result) {
        if (source instanceof PlannedValue.Constant constant) {
            Tensor tensor = Tensor.allocate(constant.tensor().dtype(), result);
            List<Long> perm = Arrays.stream(t.perm()).asLongStream().boxed().toList();
            new Transpose(perm).evaluate(List.of(constant.tensor().reshape(t.shape())), List.of(tensor));
            return keep(new PlannedValue.Constant(planned.size(), tensor));
        }
        touch(source);
        PlannedValue target = place(name, type(name).dtype(), result);
        addTransposition(name, t, type(name).dtype(), source, target);
        return target;
    }

    /// A step that transposes.
    ///
    /// @param name of the node or value that the step is for
    void addTransposition(String name, Transposition t, DType dtype, PlannedValue source, PlannedValue target) {
        KernelSpec spec = new KernelSpec.Transpose(t.shape(), t.perm(), dtype.bits() / Byte.SIZE);
        KernelSets.Compiled compiled = kernels.compile(spec);
        add(KernelStep.of(name, "Transpose", spec, compiled, List.of(source), List.of(target)));
    }

    /// The step of a recurrent node, with memory of its own.
    void addRecurrence(Node node, RecurrentProgram program) {
        List<String> sets = new ArrayList<>();
        List<RecurrentStep.Kernels> kernels =
                program.directions().stream()
                        .map(d -> new RecurrentStep.Kernels(compile(d.before(), sets), compile(d.step(), sets)))
                        .toList();
        PlannedValue input = read(node.input(0));
        List<@Nullable PlannedValue> initial = operands(program.initial(), new int[0], Layout.CHANNELS_FIRST);
        List<PlannedValue> outputs = defineAll(node, Layout.CHANNELS_FIRST);
        String name = outputs.isEmpty() ? node.name() : node.outputs().getFirst();
        PlannedValue scratch = place(name, DType.UINT8, Shape.of(RecurrentStep.scratchBytes(program)));
        // The product comes last of what is computed before the steps.
        String by = sets.get(program.directions().getFirst().before().size() - 1);
        add(new RecurrentStep(node.name(), node.op().type(), by, program, kernels, input, initial, outputs, scratch));
    }

    private List<KernelSets.Compiled> compile(List<RecurrentProgram.Part> parts, List<String> sets) {
        List<KernelSets.Compiled> compiled = new ArrayList<>();
        Map<KernelSpec, KernelSets.Compiled> known = new IdentityHashMap<>();
        for (RecurrentProgram.Part part : parts) {
            compiled.add(
                    known.computeIfAbsent(
                            part.spec(),
                            spec -> {
                                KernelSets.Compiled kernel = kernels.compile(spec);
                                sets.add(kernel.set());
                                return kernel;
                            }));
        }
        return compiled;
    }

    /// The inputs of a node in the order of their axes, null for those that are absent.
    List<@Nullable PlannedValue> operands(Node node) {
        return operands(node.inputs(), new int[0], Layout.CHANNELS_FIRST);
    }

    /// The values named, null where a name is empty.
    ///
    /// @param images which of them are wanted in a layout; the others lie in the order of their axes
    List<@Nullable PlannedValue> operands(List<String> names, int[] images, Layout layout) {
        @Nullable PlannedValue[] operands = new PlannedValue[names.size()];
        for (int i = 0; i < operands.length; i++) {
            int input = i;
            boolean image = Arrays.stream(images).anyMatch(index -> index == input);
            String name = names.get(i);
            operands[i] = name.isEmpty() ? null : find(name, 0, image ? layout : Layout.CHANNELS_FIRST);
        }
        for (PlannedValue operand : operands) {
            if (operand != null) {
                touch(operand);
            }
        }
        return Arrays.asList(operands);
    }

    PlannedValue constant(Tensor tensor) {
        return keep(new PlannedValue.Constant(planned.size(), tensor));
    }

    private Stored stored(String name) {
        Stored stored = byName.get(name);
        if (stored == null) {
            Tensor constant = values.constant(name);
            if (constant == null) {
                throw new IllegalStateException("'" + name + "' is read before it is computed");
            }
            stored = put(name, constant(constant), Layout.CHANNELS_FIRST);
        }
        return stored;
    }

    /// In which layout a value lies.
    Layout layout(String name) {
        return stored(name).layout;
    }

    /// Notes that the next step needs a value.
    private void touch(PlannedValue value) {
        if (value instanceof PlannedValue.Placed placed) {
            MemoryPlan.Life life = lives.get(placed.block());
            lives.set(placed.block(), new MemoryPlan.Life(life.bytes(), life.first(), steps.size()));
        }
    }

    /// A value that the next step writes, or, before the first step, the caller.
    PlannedValue define(String name, Layout layout) {
        TypeInfo type = type(name);
        if (!type.isTensor()) {
            return put(name, keep(new PlannedValue.Structured(planned.size())), Layout.CHANNELS_FIRST).value;
        }
        PlannedValue value =
                joined.place(name)
                        .filter(place -> place.layout() == layout)
                        .map(place -> placeInWhole(place, layout.stored(shape(type))))
                        .orElseGet(() -> place(name, type.dtype(), layout.stored(shape(type))));
        return put(name, value, layout).value;
    }

    private PlannedValue placeInWhole(JoinedParts.Place place, Shape shape) {
        String name = place.whole();
        PlannedValue whole = wholes.get(name);
        if (whole == null) {
            whole = place(name, type(name).dtype(), place.layout().stored(shape(type(name))));
            wholes.put(name, whole);
        }
        touch(whole);
        return keep(whole.part(planned.size(), place.start(), shape));
    }

    /// Defines the result of a Concat of which some operands lie in their places already; copies the others.
    ///
    /// @return false if none does
    boolean join(Node concat, Layout layout, long[] starts) {
        PlannedValue whole = wholes.get(concat.output());
        if (whole == null) {
            return false;
        }
        for (int i = 0; i < starts.length; i++) {
            PlannedValue part = find(concat.input(i), 0, layout);
            PlannedValue place = whole.part(planned.size(), starts[i], layout.stored(shape(type(concat.input(i)))));
            if (!part.liesIn(place)) {
                touch(part);
                touch(whole);
                addCopy(concat, part, keep(place));
            }
        }
        put(concat.output(), whole, layout);
        return true;
    }

    private void addCopy(Node node, PlannedValue from, PlannedValue to) {
        long bytes = to.bytes();
        CopySpec.Run run = new CopySpec.Run(0, 0, 0, Math.toIntExact(bytes), 1, 0, 0);
        KernelSpec spec = new CopySpec(List.of(run), List.of(bytes), bytes);
        add(KernelStep.of(node.name(), node.op().type(), spec, kernels.compile(spec), List.of(from), List.of(to)));
    }

    /// The outputs of a node; those that nobody reads need memory too.
    List<PlannedValue> defineAll(Node node, Layout layout) {
        return node.outputs().stream().map(name -> define(name, layout)).toList();
    }

    List<PlannedValue> defineDynamic(Node node) {
        return node.outputs().stream().map(this::defineDynamic).toList();
    }

    private PlannedValue defineDynamic(String name) {
        return put(name, keep(new PlannedValue.Dynamic(planned.size())), Layout.CHANNELS_FIRST).value;
    }

    /// The outputs of an operator that makes its results itself: tensors of fixed shape in their places.
    List<PlannedValue> defineStructured(Node node) {
        List<PlannedValue> defined = new ArrayList<>();
        for (String name : node.outputs()) {
            TypeInfo type = values.type(name);
            boolean known = type != null && (type.isFixed() || !type.isTensor());
            defined.add(known ? define(name, Layout.CHANNELS_FIRST) : defineDynamic(name));
        }
        return List.copyOf(defined);
    }

    /// Whether a value is a sequence or optional value.
    boolean isStructured(String name) {
        TypeInfo type = values.type(name);
        return type != null && !type.isTensor();
    }

    /// Another name for a sequence or optional value.
    void aliasStructured(String name, String source) {
        put(name, stored(source).value, Layout.CHANNELS_FIRST);
    }

    /// Defines a value as the memory of another.
    ///
    /// @param from layout in which the other is to be seen
    /// @param to layout in which this makes the value lie
    void alias(String name, String source, Layout from, Layout to) {
        PlannedValue viewed = readAll(List.of(source), 0, from).getFirst();
        put(name, keep(viewed.part(planned.size(), 0, to.stored(shape(type(name))))), to);
    }

    /// Defines values as parts of another.
    ///
    /// @param layout of all of them
    /// @param starts with which element of the source each starts
    void aliasParts(List<String> names, String source, Layout layout, long[] starts) {
        PlannedValue whole = readAll(List.of(source), 0, layout).getFirst();
        for (int i = 0; i < starts.length; i++) {
            Shape shape = layout.stored(shape(type(names.get(i))));
            put(names.get(i), keep(whole.part(planned.size(), starts[i], shape)), layout);
        }
    }

    ExecutionPlan plan(Map<String, PlannedValue> inputs, Map<String, PlannedValue> outputs) {
        MemoryPlan memory = MemoryPlan.of(lives, Overwriting.join(steps, lives));
        limit.check(memory.size(), largest);
        return new ExecutionPlan(inputs, outputs, List.copyOf(planned), List.copyOf(steps), memory, limit);
    }

    private PlannedValue place(String name, DType dtype, Shape shape) {
        long bytes = dtype.bytes(shape.elementCount());
        if (bytes > largestBytes) {
            largestBytes = bytes;
            largest = "value '" + name + "' of " + dtype + " " + shape;
            // At once: the sum of many could leave the range of a long.
            limit.check(bytes, largest);
        }
        lives.add(new MemoryPlan.Life(bytes, steps.size(), steps.size()));
        return keep(new PlannedValue.Placed(planned.size(), dtype, shape, lives.size() - 1, 0));
    }

    private PlannedValue keep(PlannedValue value) {
        planned.add(value);
        return value;
    }

    private Stored put(String name, PlannedValue value, Layout layout) {
        Stored stored = new Stored(value, layout);
        byName.put(name, stored);
        return stored;
    }

    private TypeInfo type(String name) {
        return Site.type(values, name);
    }

    private static Shape shape(TypeInfo type) {
        PartialShape shape = type.shape();
        if (shape == null) {
            throw new IllegalStateException("the rank of a value is not known");
        }
        return shape.toShape();
    }
}
