package dev.octet.cli;

import dev.octet.qat.EpochReport;
import org.jspecify.annotations.Nullable;

/// How training goes: a line for what it starts from, a bar within an epoch, and a line for each that is done.
final class EpochProgress implements AutoCloseable {
    private final Terminal terminal;
    private final int epochs;
    private final String accuracy;
    private final long start = System.nanoTime();
    private int told;
    private @Nullable Progress bar;

    /// @param accuracy what the part of right answers is called
    EpochProgress(Terminal terminal, int epochs, String accuracy) {
        this.terminal = terminal;
        this.epochs = epochs;
        this.accuracy = accuracy;
    }

    /// @param done samples of the epoch trained with so far
    void batch(int epoch, long done, long total) {
        if (bar == null) {
            if (told == 0 && epoch > 0) {
                terminal.note("going on after epoch %d of the checkpoint", epoch);
            }
            bar = terminal.progress("epoch " + (epoch + 1) + "/" + epochs, total);
        }
        bar.done(done);
    }

    void epoch(EpochReport report) {
        close();
        if (report.epoch() == EpochReport.START) {
            terminal.print("start  %s", judged(report));
            return;
        }
        told++;
        double each = (System.nanoTime() - start) / 1e9 / told;
        terminal.print(
                "epoch %d/%d  loss %.4f  %s  %.0f s left%s",
                report.epoch() + 1,
                epochs,
                report.loss(),
                judged(report),
                each * (epochs - report.epoch() - 1),
                report.best() ? "  best" : "");
    }

    private String judged(EpochReport report) {
        return "validation %s  %s %s"
                .formatted(
                        Terminal.number("%.4f", report.validationLoss()),
                        accuracy,
                        Terminal.number("%.2f %%", 100 * report.accuracy()));
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
