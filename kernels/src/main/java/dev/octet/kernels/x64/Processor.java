package dev.octet.kernels.x64;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Locale;

/// What generated code may use on this machine, found out once.
///
/// @param tiers those that can run, the best last
/// @param reason why there is none; empty if there is one
record Processor(List<Tier> tiers, String reason) {

    /// This machine's.
    static Processor local() {
        return Holder.LOCAL;
    }

    private static final class Holder {
        static final Processor LOCAL = detect();
    }

    private static Processor detect() {
        String architecture = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        if (!architecture.equals("amd64") && !architecture.equals("x86_64")) {
            return unusable(Level.DEBUG, "the CPU is " + architecture + ", not x86-64");
        }
        try {
            List<Tier> tiers = Tier.of(CpuFeatures.detect());
            return tiers.isEmpty()
                    ? unusable(Level.INFO, "the CPU has no AVX2, FMA3 and BMI2")
                    : new Processor(tiers, "");
        } catch (CodeMemory.RefusedException e) {
            return unusable(Level.WARNING, String.valueOf(e.getMessage()));
        }
    }

    private static Processor unusable(Level level, String reason) {
        log().log(level, "machine code is not used: {0}", reason);
        return new Processor(List.of(), reason);
    }

    /// Only where there is something to say: finding loggers takes a good part of a short program's time.
    private static Logger log() {
        return System.getLogger(Processor.class.getName());
    }
}
