package dev.octet.qat;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import dev.octet.qat.torch.TorchLog;

/// The engine that training runs on: DJL's PyTorch, which the application has to bring along.
///
/// Needed on the class path are `ai.djl.pytorch:pytorch-engine`, `pytorch-jni` and a `pytorch-native-…` of the versions
/// in Octet's parent POM. All come as Maven artifacts, and nothing is fetched when they are loaded.
public final class TrainingEngine {
    private static final String NAME = "PyTorch";

    private TrainingEngine() {}

    /// A DJL model on this engine, for a [GraphBlock] to be set into.
    ///
    /// @throws IllegalStateException if the engine is not there or cannot be loaded
    public static Model newModel(String name) {
        requireLoaded();
        return Model.newInstance(name, NAME);
    }

    /// The engine.
    ///
    /// @throws IllegalStateException if it is not there or cannot be loaded
    public static Engine get() {
        requireLoaded();
        return Engine.getEngine(NAME);
    }

    /// Sets how many threads PyTorch computes with, as DJL's property `ai.djl.pytorch.num_threads` does. Has an effect
    /// only before the engine is used for the first time.
    public static void useThreads(int count) {
        System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(count));
    }

    /// Keeps PyTorch's native code from printing warnings to the standard error stream of the process; errors remain.
    /// For commands: what it warns of there (names that DJL calls it by, libraries that it can do without) is nothing
    /// that a user could mend.
    ///
    /// @throws IllegalStateException if the engine is not there or cannot be loaded
    public static void silenceWarnings() {
        requireLoaded();
        TorchLog.onlyErrors();
    }

    /// What PyTorch refused, as one line: its messages go on with a stack of its own.
    static IllegalArgumentException refusal(String what, RuntimeException e) {
        String message = String.valueOf(e.getMessage()).strip();
        return new IllegalArgumentException(what + ": PyTorch says: " + message.lines().findFirst().orElse(""), e);
    }

    private static synchronized void requireLoaded() {
        // Everything is on the class path; DJL would look for natives that fit better, and report its use, on the net.
        if (System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
        try {
            if (Engine.getEngine(NAME) != null) {
                return;
            }
        } catch (EngineException | UnsatisfiedLinkError e) {
            throw new IllegalStateException("training: PyTorch cannot be loaded: " + e.getMessage(), e);
        }
        throw new IllegalStateException(
                "training: DJL's PyTorch engine is not on the class path: add ai.djl.pytorch:pytorch-engine,"
                        + " pytorch-jni and pytorch-native-cpu");
    }
}
