import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Lays out the Java sources in a folder's modules, or checks that they are. Run by this module's POM.
///
/// Four spaces, 120 columns, and imports sorted as one block: the formatter has no one option for that, so imports and
/// the rest are two runs.
final class Format {
    private static final List<List<String>> RUNS =
            List.of(
                    List.of("--google-style", "--fix-imports-only"),
                    List.of("--aosp", "--max-line-length=120", "--skip-sorting-imports"));

    private Format() {}

    static void main(String[] args) throws Exception {
        if (args.length != 2 || !Set.of("check", "repair").contains(args[0])) {
            System.err.println("usage: Format check|repair FOLDER");
            System.exit(2);
        }
        var root = Path.of(args[1]).toRealPath();
        var sources = sourcesIn(root);
        System.exit(args[0].equals("check") ? check(root, sources) : repair(sources));
    }

    private static int check(Path root, List<Path> sources) throws Exception {
        var wrong = new TreeSet<Path>();
        var status = 0;
        for (var run : RUNS) {
            var out = new StringWriter();
            status |= format(run, List.of("--dry-run", "--set-exit-if-changed"), sources, out);
            out.toString().lines().forEach(line -> wrong.add(root.relativize(Path.of(line))));
        }
        if (!wrong.isEmpty()) {
            System.out.println(
                    wrong.size() + " files not laid out as agreed; repair them with: mvn -f format -Pformat");
            wrong.forEach(file -> System.out.println("  " + file));
        }
        return status;
    }

    private static int repair(List<Path> sources) throws Exception {
        var status = 0;
        for (var run : RUNS) {
            status |= format(run, List.of("--replace"), sources, new StringWriter());
        }
        return status;
    }

    private static int format(List<String> run, List<String> mode, List<Path> sources, StringWriter out)
            throws Exception {
        if (sources.isEmpty()) {
            return 0;
        }
        var command = new ArrayList<>(run);
        command.addAll(mode);
        sources.forEach(source -> command.add(source.toString()));
        var printer = new PrintWriter(out, true);
        var errors = new PrintWriter(System.err, true);
        return new Main(printer, errors, System.in).format(command.toArray(String[]::new));
    }

    /// All of `<module>/src/**` and this file's like, beside the module's POM; nothing generated.
    private static List<Path> sourcesIn(Path root) throws IOException {
        var sources = new ArrayList<Path>();
        try (Stream<Path> children = Files.list(root)) {
            for (var module : children.filter(child -> Files.exists(child.resolve("pom.xml"))).toList()) {
                addSources(module, 1, sources);
                if (Files.isDirectory(module.resolve("src"))) {
                    addSources(module.resolve("src"), Integer.MAX_VALUE, sources);
                }
            }
        }
        sources.sort(null);
        return sources;
    }

    private static void addSources(Path folder, int depth, List<Path> sources) throws IOException {
        try (Stream<Path> files = Files.walk(folder, depth)) {
            files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
        }
    }
}
