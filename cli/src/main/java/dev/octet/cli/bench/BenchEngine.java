package dev.octet.cli.bench;

import dev.octet.engine.SessionOptions;
import dev.octet.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;

/// A runtime that `octet bench` can time. Octet itself is one; others are found as services.
public interface BenchEngine {
    /// What `--engine` calls it.
    String name();

    /// Opens a model to run on the given number of threads.
    ///
    /// @throws Exception whatever the runtime throws for a model that it cannot run
    Run open(Path model, int threads) throws Exception;

    /// Octet, and the others that are on the class path, by name.
    static Map<String, BenchEngine> available() {
        return available(SessionOptions.defaults());
    }

    /// Likewise, where Octet has the given limits.
    static Map<String, BenchEngine> available(SessionOptions options) {
        Map<String, BenchEngine> byName = new TreeMap<>();
        byName.put("octet", new OctetEngine(options));
        ServiceLoader.load(BenchEngine.class).forEach(engine -> byName.put(engine.name(), engine));
        return byName;
    }

    /// An open model.
    interface Run extends AutoCloseable {
        /// Fixes the inputs, so that [#run] times nothing but the model.
        ///
        /// @throws Exception whatever the runtime throws
        void bind(Map<String, Tensor> inputs) throws Exception;

        /// Runs the model once and returns its outputs by name.
        ///
        /// @throws Exception whatever the runtime throws
        Map<String, Tensor> outputs() throws Exception;

        /// Runs the model once, to be timed: nothing is done with the outputs.
        ///
        /// @throws Exception whatever the runtime throws
        void run() throws Exception;

        /// Where the time of `runs` further runs goes; empty if the engine does not tell.
        default Optional<StepProfile> profile(int runs) {
            return Optional.empty();
        }

        @Override
        void close();
    }
}
