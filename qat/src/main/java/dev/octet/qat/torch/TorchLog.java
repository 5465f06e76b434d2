package dev.octet.qat.torch;

import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;

/// What PyTorch's native code prints to the standard error stream of the process.
public final class TorchLog {
    /// PyTorch's number for messages that are errors.
    private static final int ERRORS = 2;

    private TorchLog() {}

    /// Leaves only errors. Has an effect once DJL has loaded the natives. PyTorch reads its variable
    /// `TORCH_CPP_LOG_LEVEL` too late for the first warnings, so this sets the level itself.
    public static void onlyErrors() {
        SymbolLookup.loaderLookup()
                .find("FLAGS_caffe2_log_level")
                .ifPresent(level -> level.reinterpret(Integer.BYTES).set(ValueLayout.JAVA_INT, 0, ERRORS));
    }
}
