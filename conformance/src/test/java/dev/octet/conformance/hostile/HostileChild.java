package dev.octet.conformance.hostile;

import dev.octet.conformance.hostile.Trial.Ending;
import dev.octet.conformance.hostile.Trial.Outcome;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// The process in which hostile files are tried: one line says which file comes, another how it ended.
final class HostileChild {
    /// Marks our lines among those of others.
    static final String MARK = "@";

    static final long MEMORY_LIMIT = 192L << 20;

    /// Of processor time, so that a busy machine makes no file fail.
    private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(5);

    /// Whoever runs a model of a stranger does not wait for ever.
    private static final Duration TIME_LIMIT = Duration.ofSeconds(2);

    private static final long NONE = -1;

    /// Processor time at which the trial that goes on began.
    private static volatile long startOfTrial = NONE;

    private HostileChild() {}

    /// @param args seed, first file, number of files, folder to work in
    public static void main(String[] args) throws IOException {
        long seed = Long.parseLong(args[0]);
        int first = Integer.parseInt(args[1]);
        int count = Integer.parseInt(args[2]);
        Path folder = Path.of(args[3]);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Mutator mutator = new Mutator(Corpus.files());
        Trial trial = new Trial(MEMORY_LIMIT, TIME_LIMIT);
        watch(Thread.currentThread(), out);
        for (int index = first; index < first + count; index++) {
            HostileFile file = mutator.draw(seed, index);
            out.println(MARK + "begin " + index + " " + file.origin());
            startOfTrial = cpuNanos();
            Outcome outcome = trial.run(file, folder);
            startOfTrial = NONE;
            out.println(MARK + "end " + index + " " + outcome.ending() + " " + describe(outcome));
        }
    }

    private static long cpuNanos() {
        return ProcessHandle.current().info().totalCpuDuration().map(Duration::toNanos).orElseGet(System::nanoTime);
    }

    /// Says where a trial hangs, so that whoever ends this process knows.
    private static void watch(Thread trials, PrintStream out) {
        Thread.ofPlatform()
                .daemon()
                .start(() -> {
                    while (true) {
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
                        long start = startOfTrial;
                        if (start != NONE && cpuNanos() - start > SLOW_NANOS && start == startOfTrial) {
                            startOfTrial = NONE;
                            Exception here = new Exception("slow");
                            here.setStackTrace(trials.getStackTrace());
                            out.println(MARK + "slow " + trace(here));
                        }
                    }
                });
    }

    private static String describe(Outcome outcome) {
        if (outcome.ending() != Ending.BROKEN || outcome.error() == null) {
            return oneLine(outcome.message());
        }
        return trace(outcome.error());
    }

    private static String trace(Throwable error) {
        StringWriter trace = new StringWriter();
        error.printStackTrace(new PrintWriter(trace));
        return oneLine(trace.toString());
    }

    private static String oneLine(String text) {
        String line = text.replace("\n", "\\n").replace("\r", "").replace("\t", "  ");
        return line.length() > 6000 ? line.substring(0, 6000) + "…" : line;
    }
}
