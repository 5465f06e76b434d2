package dev.octet.conformance.tflite;

import dev.octet.conformance.Repository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.ConvertInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.constant.ConstantDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Finds what of floats the byte code of some methods can reach, through calls of this project's methods: instructions
/// that compute, convert, load or store floats, constants, fields, and parameters or results of methods. A call of an
/// overridden method reaches every override; one of the JDK's is judged by its types.
final class FloatUse {
    private static final String OURS = "dev/octet/";

    private final Map<String, ClassModel> classes = new HashMap<>();
    private final Map<String, Set<String>> subtypes = new HashMap<>();
    private final Set<String> reached = new TreeSet<>();
    private final Set<String> found = new TreeSet<>();
    private final Deque<Method> open = new ArrayDeque<>();

    private record Method(String owner, String name, String type) {}

    /// Reads the compiled classes of all modules.
    FloatUse() {
        for (Path folder : Repository.classFolders("classes")) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                    add(ClassFile.of().parse(file));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void add(ClassModel model) {
        String name = model.thisClass().asInternalName();
        classes.put(name, model);
        model.superclass().ifPresent(s -> subtype(s.asInternalName(), name));
        model.interfaces().forEach(i -> subtype(i.asInternalName(), name));
    }

    private void subtype(String of, String name) {
        subtypes.computeIfAbsent(of, _ -> new HashSet<>()).add(name);
    }

    /// Names of the classes in a package that implement an interface, as `dev/octet/…`.
    List<String> implementors(String type, String inPackage) {
        return classes.keySet().stream()
                .filter(c -> c.startsWith(inPackage + "/") && below(type).contains(c))
                .sorted()
                .toList();
    }

    /// A type with all that extend or implement it.
    private Set<String> below(String type) {
        Set<String> all = new HashSet<>(Set.of(type));
        for (String next : subtypes.getOrDefault(type, Set.of())) {
            all.addAll(below(next));
        }
        return all;
    }

    /// What of floats the methods of that name reach, one line each; empty if none.
    Set<String> of(String owner, String method) {
        ClassModel model = classes.get(owner);
        if (model == null) {
            throw new IllegalArgumentException("no class " + owner);
        }
        for (MethodModel m : model.methods()) {
            if (m.methodName().stringValue().equals(method)) {
                open.add(new Method(owner, method, m.methodType().stringValue()));
            }
        }
        while (!open.isEmpty()) {
            visit(open.pop());
        }
        return found;
    }

    /// The methods looked at.
    Set<String> reached() {
        return reached;
    }

    private void visit(Method method) {
        ClassModel model = classes.get(method.owner);
        if (model == null || !reached.add(method.owner + "." + method.name + method.type)) {
            return;
        }
        for (MethodModel m : model.methods()) {
            if (m.methodName().stringValue().equals(method.name) && m.methodType().stringValue().equals(method.type)) {
                check(method, m.methodTypeSymbol());
                m.code().ifPresent(code -> code.forEach(e -> visit(method, e)));
                return;
            }
        }
        // It is inherited.
        model.superclass().ifPresent(s -> open.add(new Method(s.asInternalName(), method.name, method.type)));
        model.interfaces().forEach(i -> open.add(new Method(i.asInternalName(), method.name, method.type)));
    }

    private void visit(Method in, CodeElement element) {
        switch (element) {
            case InvokeInstruction i -> call(in, i.owner().asInternalName(), i.name().stringValue(), i.typeSymbol());
            case InvokeDynamicInstruction i -> {
                check(in, i.typeSymbol());
                i.bootstrapArgs().forEach(argument -> handle(in, argument));
            }
            case FieldInstruction i -> report(isFloat(i.typeSymbol().descriptorString()), in, "field " + i.name());
            case ConstantInstruction i ->
                    report(i.constantValue() instanceof Float || i.constantValue() instanceof Double, in, "constant");
            case OperatorInstruction i -> instruction(in, i.typeKind(), i.opcode());
            case ConvertInstruction i -> {
                instruction(in, i.fromType(), i.opcode());
                instruction(in, i.toType(), i.opcode());
            }
            case LoadInstruction i -> instruction(in, i.typeKind(), i.opcode());
            case StoreInstruction i -> instruction(in, i.typeKind(), i.opcode());
            case ArrayLoadInstruction i -> instruction(in, i.typeKind(), i.opcode());
            case ArrayStoreInstruction i -> instruction(in, i.typeKind(), i.opcode());
            case NewPrimitiveArrayInstruction i -> instruction(in, i.typeKind(), i.opcode());
            default -> {}
        }
    }

    private void call(Method in, String owner, String name, MethodTypeDesc type) {
        check(in, type);
        if (owner.startsWith(OURS)) {
            below(owner).forEach(c -> open.add(new Method(c, name, type.descriptorString())));
        }
    }

    private void handle(Method in, ConstantDesc argument) {
        if (argument instanceof DirectMethodHandleDesc target) {
            String owner = target.owner().descriptorString();
            if (owner.startsWith("L" + OURS) && target.kind() != DirectMethodHandleDesc.Kind.GETTER) {
                call(in, owner.substring(1, owner.length() - 1), target.methodName(), methodType(target));
            }
        }
    }

    private static MethodTypeDesc methodType(DirectMethodHandleDesc target) {
        return MethodTypeDesc.ofDescriptor(target.lookupDescriptor());
    }

    private void check(Method in, MethodTypeDesc type) {
        List<String> types = new ArrayList<>();
        type.parameterList().forEach(p -> types.add(p.descriptorString()));
        types.add(type.returnType().descriptorString());
        report(types.stream().anyMatch(FloatUse::isFloat), in, "call " + type.displayDescriptor());
    }

    private static boolean isFloat(String descriptor) {
        String element = descriptor.replace("[", "");
        return Set.of("F", "D", "Ljava/lang/Float;", "Ljava/lang/Double;").contains(element)
                || element.startsWith("Ljava/lang/foreign/ValueLayout$OfFloat")
                || element.startsWith("Ljava/lang/foreign/ValueLayout$OfDouble");
    }

    private void instruction(Method in, TypeKind kind, Object opcode) {
        report(kind == TypeKind.FLOAT || kind == TypeKind.DOUBLE, in, opcode.toString());
    }

    private void report(boolean isFloat, Method in, String what) {
        if (isFloat) {
            found.add(in.owner + "." + in.name + ": " + what);
        }
    }
}
