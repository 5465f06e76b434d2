package dev.octet.benchmarks;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import dev.octet.cli.bench.BenchEngine;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.onnx.OnnxReader;
import dev.octet.qat.GraphBlock;
import dev.octet.qat.TrainingEngine;
import dev.octet.qat.op.TensorArrays;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// DJL's PyTorch on the CPU.
///
/// Beside an ONNX file it looks for a TorchScript file of the same name that ends in `.pt`, with the same order of
/// inputs, and runs that. Without one it runs the float network operator by operator (PyTorch's eager mode), as
/// [GraphBlock] does; it cannot do so with a quantized one.
public final class PyTorchEngine implements BenchEngine {
    private static final String SCRIPT = ".pt";

    /// PyTorch keeps the number of threads that it begins with.
    private static int threadsInUse;

    public PyTorchEngine() {}

    @Override
    public String name() {
        return "pytorch";
    }

    /// @throws GraphException if there is no TorchScript and the network is not float
    /// @throws IllegalStateException if PyTorch is not there, or computes with another number of threads already
    @Override
    public Run open(Path model, int threads) throws IOException, MalformedModelException {
        useThreads(threads);
        Graph graph = OnnxReader.read(model);
        List<String> outputs = graph.outputs().stream().map(o -> o.name()).toList();
        Path script = script(model);
        if (!Files.exists(script)) {
            return new PyTorchRun(eager(model, graph), null, outputs);
        }
        Model scripted = TrainingEngine.newModel(script.getFileName().toString());
        scripted.load(script.toAbsolutePath().getParent(), script.getFileName().toString());
        return new PyTorchRun(scripted.getBlock(), scripted, outputs);
    }

    private static Block eager(Path model, Graph graph) {
        try {
            GraphBlock block = GraphBlock.of(graph);
            block.freezeParameters(true);
            return block;
        } catch (GraphException e) {
            throw new GraphException("neither a float network nor beside a file " + script(model).getFileName(), e);
        }
    }

    private static Path script(Path model) {
        String file = model.getFileName().toString();
        int end = file.lastIndexOf('.');
        return model.resolveSibling((end < 0 ? file : file.substring(0, end)) + SCRIPT);
    }

    private static synchronized void useThreads(int threads) {
        if (threadsInUse == 0) {
            TrainingEngine.useThreads(threads);
            threadsInUse = threads;
        } else if (threadsInUse != threads) {
            throw new IllegalStateException(
                    "pytorch: computes with " + threadsInUse + " threads already: time it with one number of threads");
        }
    }

    private static final class PyTorchRun implements Run {
        private final NDManager manager = TrainingEngine.get().newBaseManager();
        private final Block block;
        private final @Nullable Model scripted;
        private final List<String> outputNames;
        private NDList inputs = new NDList();

        PyTorchRun(Block block, @Nullable Model scripted, List<String> outputNames) {
            this.block = block;
            this.scripted = scripted;
            this.outputNames = outputNames;
        }

        @Override
        public void bind(Map<String, Tensor> tensors) {
            inputs.close();
            inputs = new NDList();
            tensors.values().forEach(tensor -> inputs.add(TensorArrays.toArray(manager, tensor)));
        }

        @Override
        public Map<String, Tensor> outputs() {
            try (NDManager scope = manager.newSubManager()) {
                NDList results = forward(scope);
                Map<String, Tensor> outputs = new LinkedHashMap<>();
                for (int i = 0; i < outputNames.size(); i++) {
                    outputs.put(outputNames.get(i), TensorArrays.toTensor(results.get(i)));
                }
                return outputs;
            }
        }

        @Override
        public void run() {
            try (NDManager scope = manager.newSubManager()) {
                forward(scope);
            }
        }

        /// The outputs belong to the manager that the inputs have.
        private NDList forward(NDManager scope) {
            NDList aliases = new NDList();
            inputs.forEach(array -> {
                var alias = array.reshape(array.getShape());
                alias.attach(scope);
                aliases.add(alias);
            });
            return block.forward(new ParameterStore(scope, false), aliases, false);
        }

        @Override
        public void close() {
            manager.close();
            if (scripted != null) {
                scripted.close();
            }
        }
    }
}
