package dev.octet.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.engine.UnsupportedOperatorException;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Cast;
import dev.octet.onnx.OnnxReader;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import dev.octet.test.Generator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every element type that the standard allows for the operands of an operator, in any version from operator set 7 on,
/// is computed. The records have the newest version's form, so each type is tried there; `make_operator_types.py`
/// writes the types down.
class AllowedTypesTest {
    private static final int DRAWS = 2;

    /// Their cases hold graphs or further values of types of their own, which would have to change with the operands.
    private static final Set<String> TYPED_INSIDE =
            Set.of("If", "Loop", "Scan", "SequenceConstruct", "SequenceInsert", "SequenceMap");

    private static final Set<String> SCALING = Set.of("Resize", "Upsample");

    private static final Set<String> MOVING_OR_REDUCING =
            Set.of("ReduceMax", "ReduceMean", "ReduceSum", "Slice", "Split", "Squeeze", "Unsqueeze");

    /// One operator's operands.
    ///
    /// @param inputs name of the type of each; the last one's stands for those that follow
    /// @param types by name
    private record Allowed(String operator, List<String> inputs, Map<String, List<DType>> types) {
        static Allowed of(String line) {
            String[] parts = line.split(" ");
            Map<String, List<DType>> types = new LinkedHashMap<>();
            for (int i = 2; i < parts.length; i++) {
                String[] named = parts[i].split("=");
                types.put(named[0], Arrays.stream(named[1].split(",")).map(DType::valueOf).toList());
            }
            return new Allowed(parts[0], List.of(parts[1].split(",")), types);
        }

        String type(int input) {
            return inputs.get(Math.min(input, inputs.size() - 1));
        }
    }

    private static List<Allowed> read() throws IOException {
        try (InputStream in = AllowedTypesTest.class.getResourceAsStream("operator_types.txt")) {
            String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            return text.lines().map(Allowed::of).filter(AllowedTypesTest::isTried).toList();
        }
    }

    private static boolean isTried(Allowed allowed) {
        return OperatorCases.TABLE.containsKey(allowed.operator) && !TYPED_INSIDE.contains(allowed.operator);
    }

    /// Each type that has a name in the standard, alone.
    @Test
    void everyTypeIsComputed() throws IOException {
        Set<String> refused = new TreeSet<>();
        int tried = 0;
        for (Allowed allowed : read()) {
            for (Map.Entry<String, List<DType>> named : allowed.types.entrySet()) {
                Set<DType> not = EnumSet.noneOf(DType.class);
                for (DType dtype : named.getValue()) {
                    tried++;
                    if (!isComputed(allowed, Set.of(named.getKey()), dtype)) {
                        not.add(dtype);
                    }
                }
                if (!not.isEmpty()) {
                    refused.add(allowed.operator + " " + named.getKey() + " " + not);
                }
            }
        }
        assertThat(tried).isGreaterThan(1000);
        assertThat(refused).isEmpty();
    }

    /// All operands that may be FLOAT32 at once, as in a network that is stored in another precision.
    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "BFLOAT16", "FLOAT64"})
    void everyOperatorIsComputedInOtherPrecisions(DType dtype) throws IOException {
        Set<String> refused = new TreeSet<>();
        for (Allowed allowed : read()) {
            Set<String> names =
                    allowed.types.entrySet().stream()
                            .filter(e -> e.getValue().containsAll(List.of(DType.FLOAT32, dtype)))
                            .map(Map.Entry::getKey)
                            .collect(Collectors.toSet());
            if (!names.isEmpty() && !isComputed(allowed, names, dtype)) {
                refused.add(allowed.operator);
            }
        }
        assertThat(refused).isEmpty();
    }

    /// Files of older operator sets, whose operators become those of the newest one.
    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "FLOAT64", "INT32"})
    void formsOfOlderOperatorSetsAreComputed(DType dtype) throws IOException {
        int tried = 0;
        for (String name : OldOpsets.TABLE.keySet()) {
            String operator = name.substring(0, name.indexOf(' '));
            boolean allowed = dtype.isFloating() || MOVING_OR_REDUCING.contains(operator);
            if (allowed && !TYPED_INSIDE.contains(operator)) {
                tried++;
                OracleCase drawn = OldOpsets.TABLE.get(name).apply(Generator.caseOf(1, 0));
                // Scales are FLOAT32 whatever they scale.
                List<String> inputs = SCALING.contains(operator) ? List.of("T", "") : List.of("T");
                OracleCase retyped = retyped(drawn, new Allowed(operator, inputs, Map.of()), Set.of("T"), dtype);
                try (Session session = Session.open(OnnxReader.read(OldOpsets.encode(retyped)))) {
                    assertThat(session.run(retyped.inputs()).values().iterator().next().dtype())
                            .as(name)
                            .isEqualTo(dtype);
                }
            }
        }
        assertThat(tried).isGreaterThan(dtype.isFloating() ? 15 : 6);
    }

    private static boolean isComputed(Allowed allowed, Set<String> names, DType dtype) {
        boolean computed = true;
        for (int i = 0; i < DRAWS; i++) {
            OracleCase drawn = OperatorCases.TABLE.get(allowed.operator).apply(Generator.caseOf(1, i));
            computed &= isComputed(allowed, retyped(drawn, allowed, names, dtype), dtype);
        }
        return computed;
    }

    private static boolean isComputed(Allowed allowed, OracleCase retyped, DType dtype) {
        try (Session session = Session.open(retyped.graph(), SessionOptions.defaults().withThreads(1))) {
            Map<String, Value> outputs = session.runValues(retyped.inputs());
            assertThat(outputs).as(allowed.operator + " of " + dtype).isNotEmpty();
            return true;
        } catch (GraphException | UnsupportedOperatorException e) {
            assertThat(e.getMessage()).as("refusal of " + dtype).contains(allowed.operator).contains(dtype.name());
            return false;
        }
    }

    /// The case with operands of another type, where they are inputs or constants of the whole graph.
    private static OracleCase retyped(OracleCase drawn, Allowed allowed, Set<String> names, DType dtype) {
        Graph graph = drawn.graph();
        Set<String> changed =
                graph.nodes().stream()
                        .filter(n -> n.op().type().equals(allowed.operator))
                        .flatMap(n -> operands(n, allowed, names).stream())
                        .collect(Collectors.toSet());
        Map<String, Tensor> inputs = new HashMap<>(drawn.inputs());
        inputs.replaceAll((name, tensor) -> changed.contains(name) ? cast(tensor, dtype) : tensor);
        GraphBuilder builder = new GraphBuilder(graph.name());
        graph.opsets().forEach(builder::opset);
        for (ValueInfo input : graph.inputs()) {
            TypeInfo declared = input.type();
            builder.input(input.name(), changed.contains(input.name()) ? dtype : declared.dtype(), declared.shape());
        }
        graph.constants()
                .forEach((name, tensor) ->
                        builder.constant(name, changed.contains(name) ? cast(tensor, dtype) : tensor));
        graph.nodes().forEach(builder::add);
        graph.outputs().forEach(output -> builder.output(output.name()));
        return new OracleCase(builder.build(), drawn.opset(), inputs, drawn.tolerance());
    }

    private static List<String> operands(Node node, Allowed allowed, Set<String> names) {
        List<String> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            if (!node.input(i).isEmpty() && names.contains(allowed.type(i))) {
                operands.add(node.input(i));
            }
        }
        return operands;
    }

    private static Tensor cast(Tensor tensor, DType dtype) {
        Tensor cast = Tensor.allocate(dtype, tensor.shape());
        Cast.to(dtype).evaluate(List.of(tensor), List.of(cast));
        return cast;
    }
}
