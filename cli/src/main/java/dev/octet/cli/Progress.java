package dev.octet.cli;

import java.io.PrintWriter;
import java.util.Locale;

/// A progress bar with the time left: `calibrating [#####.....] 50/100 12 s left`.
final class Progress implements AutoCloseable {
    private static final int WIDTH = 30;
    private static final long QUIET_NANOS = 1_000_000_000L;
    private static final long REDRAW_NANOS = 100_000_000L;

    private final PrintWriter out;
    private final String what;
    private final long total;
    private final boolean visible;
    private final long start = System.nanoTime();
    private long lastDrawn;
    private boolean drawn;

    Progress(PrintWriter out, String what, long total, boolean visible) {
        this.out = out;
        this.what = what;
        this.total = total;
        this.visible = visible;
    }

    /// Says that so many steps are done.
    void done(long steps) {
        long now = System.nanoTime();
        if (!visible || now - start < QUIET_NANOS || now - lastDrawn < REDRAW_NANOS) {
            return;
        }
        lastDrawn = now;
        drawn = true;
        out.print("\r" + line(steps, (now - start) / 1e9) + "\u001b[K");
        out.flush();
    }

    private String line(long steps, double seconds) {
        if (total <= 0) {
            return String.format(Locale.ROOT, "%s  %d  %.0f s", what, steps, seconds);
        }
        int filled = (int) (WIDTH * Math.min(steps, total) / total);
        double left = steps == 0 ? 0 : seconds / steps * (total - steps);
        return String.format(
                Locale.ROOT,
                "%s  [%s%s]  %d/%d  %.0f s left",
                what,
                "#".repeat(filled),
                ".".repeat(WIDTH - filled),
                steps,
                total,
                left);
    }

    /// Takes the bar away.
    @Override
    public void close() {
        if (drawn) {
            out.print("\r\u001b[K");
            out.flush();
        }
    }
}
