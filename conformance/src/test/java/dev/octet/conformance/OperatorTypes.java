package dev.octet.conformance;

import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Composition;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.VariadicFunction;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The ONNX types of the operators that Octet has, read from the source of their table. Rows that put a name together
/// are those of the function families, which are added by their enumerations, and of Octet's own forms.
public final class OperatorTypes {
    private static final Path TABLE = Path.of("core/src/main/java/dev/octet/graph/op/Operators.java");
    private static final Pattern ROW = Pattern.compile("row\\(\\s*\\w+,\\s*\"(\\w+)\"\\s*,");

    private OperatorTypes() {}

    public static Set<String> all() {
        Set<String> types = new TreeSet<>();
        Matcher rows = ROW.matcher(Repository.read(TABLE));
        while (rows.find()) {
            types.add(rows.group(1));
        }
        Stream.of(UnaryFunction.values()).forEach(f -> types.add(f.type()));
        Stream.of(BinaryFunction.values()).forEach(f -> types.add(f.type()));
        Stream.of(VariadicFunction.values()).forEach(f -> types.add(f.type()));
        Stream.of(ReduceFunction.values()).forEach(f -> types.add(f.type()));
        Stream.of(PoolFunction.values()).forEach(f -> types.add(f.type()));
        Composition.all().forEach(c -> types.add(c.type()));
        return types;
    }
}
