package dev.octet.cli.bench;

import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.onnx.OnnxReader;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// Octet's own engine.
public final class OctetEngine implements BenchEngine {
    private final SessionOptions options;

    public OctetEngine() {
        this(SessionOptions.defaults());
    }

    /// @param options of its sessions, but for the threads
    OctetEngine(SessionOptions options) {
        this.options = options;
    }

    @Override
    public String name() {
        return "octet";
    }

    @Override
    public Run open(Path model, int threads) throws IOException {
        Session session = Session.open(OnnxReader.read(model), options.withThreads(threads));
        return new Run() {
            private Map<String, Tensor> inputs = Map.of();

            @Override
            public void bind(Map<String, Tensor> newInputs) {
                inputs = newInputs;
            }

            @Override
            public Map<String, Tensor> outputs() {
                return session.run(inputs);
            }

            @Override
            public void run() {
                try (Arena arena = Arena.ofConfined()) {
                    session.run(inputs, arena);
                }
            }

            @Override
            public Optional<StepProfile> profile(int runs) {
                return Optional.of(StepProfile.of(session.profile(inputs, runs), runs));
            }

            @Override
            public void close() {
                session.close();
            }
        };
    }
}
