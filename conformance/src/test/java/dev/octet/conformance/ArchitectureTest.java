package dev.octet.conformance;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitCallTarget;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Unary;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The rules of ARCHITECTURE.md about which part may know which, checked on the compiled classes.
class ArchitectureTest {
    private static final JavaClasses MAIN = read(Repository.classFolders("classes"));
    private static final JavaClasses MAIN_AND_TESTS =
            read(
                    Stream.concat(
                                    Repository.classFolders("classes").stream(),
                                    Repository.classFolders("test-classes").stream())
                            .toList());

    private static final String[] PLATFORM = {"java..", "org.jspecify.annotations"};
    private static final String[] CORE = {
        "dev.octet.file",
        "dev.octet.formula",
        "dev.octet.tensor..",
        "dev.octet.quant",
        "dev.octet.graph",
        "dev.octet.graph.layer",
        "dev.octet.graph.op..",
        "dev.octet.graph.pass.."
    };
    private static final String PREFIX = "dev.octet.";
    private static final String ONNX = "dev.octet.onnx..";
    private static final String KERNELS = "dev.octet.kernels..";
    private static final String ENGINE = "dev.octet.engine..";
    private static final String QUANTIZE = "dev.octet.quantize..";
    private static final String QAT = "dev.octet.qat..";
    private static final String DATA = "dev.octet.data..";
    private static final String INTEROP = "dev.octet.interop..";
    private static final String CLI = "dev.octet.cli..";
    private static final String BENCHMARKS = "dev.octet.benchmarks..";

    private static JavaClasses read(List<Path> folders) {
        return new ClassFileImporter().importPaths(folders);
    }

    @Test
    void seesTheClassesOfEveryModule() {
        Set<String> packages = MAIN.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
        assertThat(packages)
                .contains(
                        Stream.of(
                                        "tensor",
                                        "graph",
                                        "onnx",
                                        "kernels",
                                        "engine",
                                        "quantize",
                                        "qat",
                                        "data",
                                        "interop.ncnn",
                                        "interop.tensorrt",
                                        "cli",
                                        "test")
                                .map("dev.octet."::concat)
                                .toArray(String[]::new));
        assertThat(MAIN_AND_TESTS.contain(ArchitectureTest.class)).isTrue();
    }

    @Test
    void coreStandsAlone() {
        layer("the core has no dependency: it must be usable anywhere", CORE, PLATFORM);
    }

    @Test
    void onnxRestsOnCore() {
        layer(
                "reading and writing files must not need an engine, and nobody but this module knows protobuf",
                array(ONNX),
                CORE,
                PLATFORM,
                array("com.google.protobuf.."));
    }

    @Test
    void kernelsRestOnCore() {
        layer("kernels are plain computation over memory", array(KERNELS), CORE, PLATFORM);
    }

    @Test
    void kernelsKnowNoGraph() {
        noClasses()
                .that()
                .resideInAPackage(KERNELS)
                .should()
                .dependOnClassesThat(
                        resideInAPackage("dev.octet.graph")
                                .or(resideInAPackage("dev.octet.graph.pass.."))
                                .or(assignableTo(Op.class).and(not(equivalentTo(Unary.class)))))
                .because(
                        "a kernel is told what to compute by its specification; from the operators it takes scalar"
                                + " functions and modes only")
                .check(MAIN);
    }

    @Test
    void engineRestsOnKernels() {
        layer("the engine runs any graph, wherever it comes from", array(ENGINE), array(KERNELS), CORE, PLATFORM);
    }

    @Test
    void quantizeRestsOnEngine() {
        layer(
                "quantization works on graphs, not on files",
                array(QUANTIZE),
                array(ENGINE),
                array(KERNELS),
                CORE,
                PLATFORM,
                array("tools.jackson..", "com.fasterxml.jackson.annotation"));
    }

    @Test
    void qatRestsOnQuantize() {
        layer(
                "training ends in the same graph and table as calibration does",
                array(QAT),
                array(QUANTIZE),
                array(ENGINE),
                array(KERNELS),
                CORE,
                PLATFORM,
                array("ai.djl.."));
    }

    @Test
    void dataRestsOnQuantize() {
        layer(
                "decoders and tokenizers stay where only those who need them load them",
                array(DATA),
                array(QUANTIZE),
                array(ENGINE),
                array(ONNX),
                CORE,
                PLATFORM,
                array("ai.djl..", "javax.imageio.."));
    }

    @Test
    void interopRestsOnQuantize() {
        layer(
                "files of other systems are read into what quantize knows",
                array(INTEROP),
                array(QUANTIZE),
                array(ENGINE),
                CORE,
                PLATFORM);
    }

    @Test
    void nothingRestsOnTheCommandLine() {
        noClasses()
                .that(not(resideInAnyPackage(CLI, BENCHMARKS)))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(CLI, BENCHMARKS)
                .because("whatever a command can do, a library call can do")
                .check(MAIN);
    }

    @Test
    void librariesStayInTheirModules() {
        only("com.google.protobuf..", "the file format is the business of one module", ONNX);
        only("tools.jackson..", "JSON is a matter of files and of the command line", QUANTIZE, CLI, BENCHMARKS);
        only("com.fasterxml.jackson..", "JSON is a matter of files and of the command line", QUANTIZE, CLI, BENCHMARKS);
        only("picocli..", "options are read once, at the command line", CLI, BENCHMARKS);
        only("ai.djl..", "it loads native code", DATA, QAT, BENCHMARKS);
        only("ai.onnxruntime..", "it is the judge and the opponent, never a part", BENCHMARKS);
        only("java.awt..", "the rest must run where there are no fonts", "dev.octet.data.image..", BENCHMARKS);
        only("javax.imageio..", "image decoders live in one place", "dev.octet.data.image..", BENCHMARKS);
    }

    @Test
    void packagesFormNoCycles() {
        slices().assignedFrom(new Packages())
                .should()
                .beFreeOfCycles()
                .because("packages that need each other are one package")
                .check(MAIN);
    }

    @Test
    void onlyTheCommandLinePrints() {
        noClasses()
                .that(not(resideInAnyPackage(CLI, BENCHMARKS)))
                .should()
                .accessFieldWhere(standardStream())
                .orShould()
                .callMethodWhere(
                        call(
                                "printStackTrace\\(\\) without a stream",
                                t -> t.getName().equals("printStackTrace") && t.getRawParameterTypes().isEmpty()))
                .because("a library logs through System.Logger; what stands on the output belongs to the application")
                .check(MAIN);
    }

    @Test
    void randomnessHasASeed() {
        noClasses()
                .should()
                .callCodeUnitWhere(
                        call(
                                "randomness without a seed",
                                t ->
                                        isConstructorOf(t, Random.class)
                                                || isConstructorOf(t, SplittableRandom.class)
                                                || t.getFullName().startsWith("java.lang.Math.random(")
                                                || t.getOwner().isEquivalentTo(ThreadLocalRandom.class)))
                .because("whatever fails must be repeatable")
                .check(MAIN_AND_TESTS);
    }

    @Test
    void namesSayWhatAClassIs() {
        classes()
                .that()
                .resideInAPackage("dev.octet..")
                .should()
                .haveNameNotMatching(".*(Util|Utils|Helper|Helpers|Manager|Impl)")
                .because("such a name says nothing, and such a class gathers everything")
                .check(MAIN_AND_TESTS);
    }

    @Test
    void publicFieldsAreConstants() {
        fields().that()
                .arePublic()
                .and()
                .areDeclaredInClassesThat(handWritten())
                .should()
                .beFinal()
                .andShould()
                .notHaveRawType(nameMatching("\\[.*"))
                .because("values are immutable, and so are those that several threads see")
                .check(MAIN);
    }

    @Test
    void nativeAccessIsConfined() {
        noClasses()
                .that(
                        not(
                                resideInAnyPackage(
                                        KERNELS, "dev.octet.engine.plan..", "dev.octet.qat.torch", "dev.octet.test..")))
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Linker.class, SymbolLookup.class)
                .orShould()
                .callMethodWhere(
                        call(
                                "memory beyond the bounds of a segment",
                                t ->
                                        t.getOwner().isEquivalentTo(MemorySegment.class)
                                                        && t.getName().equals("reinterpret")
                                                || t.getOwner().isEquivalentTo(AddressLayout.class)))
                .because("what can crash the JVM is kept small")
                .check(MAIN);
    }

    private static void layer(String because, String[] packages, String[]... below) {
        List<String> allowed = new ArrayList<>(List.of(packages));
        Stream.of(below).flatMap(Stream::of).forEach(allowed::add);
        classes()
                .that()
                .resideInAnyPackage(packages)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed.toArray(String[]::new))
                .because(because)
                .check(MAIN);
    }

    private static void only(String library, String because, String... users) {
        ArchRule rule =
                noClasses()
                        .that(not(resideInAnyPackage(users)))
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(library)
                        .because(because);
        rule.check(MAIN);
    }

    private static String[] array(String... packages) {
        return packages;
    }

    private static DescribedPredicate<JavaFieldAccess> standardStream() {
        return DescribedPredicate.describe(
                "standard streams",
                access -> access.getTarget().getFullName().matches("java\\.lang\\.System\\.(out|err)"));
    }

    private static DescribedPredicate<JavaCall<?>> call(String description, Predicate<CodeUnitCallTarget> predicate) {
        return DescribedPredicate.describe(description, call -> predicate.test(call.getTarget()));
    }

    private static boolean isConstructorOf(CodeUnitCallTarget target, Class<?> type) {
        return target.getOwner().isEquivalentTo(type)
                && target.getName().equals("<init>")
                && target.getRawParameterTypes().isEmpty();
    }

    private static DescribedPredicate<JavaClass> handWritten() {
        return DescribedPredicate.describe(
                "written by hand",
                c -> !c.getPackageName().contains("generated") && !c.getPackageName().endsWith("proto"));
    }

    /// Every package for itself, with two exceptions: a graph is made of its operators, so these are one; and the root
    /// package of a module opens its parts and defines what they share, so it is left to the rules about modules.
    private static final class Packages implements SliceAssignment {
        private static final Set<String> ROOTS =
                Set.of("onnx", "kernels", "engine", "quantize", "qat", "data", "interop", "cli");

        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            String name = type.getPackageName();
            if (!name.startsWith(PREFIX) || ROOTS.contains(name.substring(PREFIX.length()))) {
                return SliceIdentifier.ignore();
            }
            return SliceIdentifier.of(name.equals("dev.octet.graph.op") ? "dev.octet.graph" : name);
        }

        @Override
        public String getDescription() {
            return "packages";
        }
    }
}
