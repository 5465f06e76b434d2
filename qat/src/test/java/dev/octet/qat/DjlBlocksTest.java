package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.modality.nlp.DefaultVocabulary;
import ai.djl.modality.nlp.Vocabulary;
import ai.djl.modality.nlp.embedding.TrainableWordEmbedding;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv2dTranspose;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.transformer.IdEmbedding;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.loss.Loss;
import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.qat.op.TensorArrays;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Presets;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import dev.octet.test.ReferenceInterpreter;
import dev.octet.test.TensorAssert;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DjlBlocksTest {
    /// The graph gives what the block gives, for another number of samples than it was traced with.
    private static void check(Block block, long... sample) {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            TrainingEngine.get().setRandomSeed(3);
            block.setInitializer(new NormalInitializer(0.3f), p -> true);
            block.initialize(manager, DataType.FLOAT32, batched(2, sample));
            Graph graph = DjlBlocks.toGraph("djl", block, new Shape(sample));
            NDArray x = manager.randomNormal(batched(3, sample));
            x.setRequiresGradient(true);
            checkSame(block, graph, x);
        }
    }

    private static void checkSame(Block block, Graph graph, NDArray x) {
        NDArray expected;
        // With gradients, since the recurrent layers that PyTorch takes without are wrong on some CPUs.
        try (GradientCollector _ = TrainingEngine.get().newGradientCollector()) {
            expected = block.forward(new ParameterStore(x.getManager(), false), new NDList(x), false).head();
        }
        Map<String, Tensor> found = ReferenceInterpreter.run(graph, Map.of("input", TensorArrays.toTensor(x)));
        TensorAssert.assertThat(found.get(graph.outputs().getFirst().name()))
                .isCloseTo(TensorArrays.toTensor(expected), 2e-5, 2e-5);
    }

    private static Shape batched(long samples, long... sample) {
        long[] dims = new long[sample.length + 1];
        dims[0] = samples;
        System.arraycopy(sample, 0, dims, 1, sample.length);
        return new Shape(dims);
    }

    private static Block conv(int filters, int kernel, int groups) {
        return Conv2d.builder()
                .setKernelShape(new Shape(kernel, kernel))
                .setFilters(filters)
                .optPadding(new Shape(kernel / 2, kernel / 2))
                .optGroups(groups)
                .build();
    }

    @Test
    void convolutionalNetworks() {
        Block branches =
                new ParallelBlock(
                        lists -> new NDList(lists.get(0).head().concat(lists.get(1).head(), 1)),
                        List.of(conv(4, 1, 1), conv(4, 3, 4)));
        check(
                new SequentialBlock()
                        .add(conv(8, 3, 1))
                        .add(BatchNorm.builder().build())
                        .add(Activation.reluBlock())
                        .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
                        .add(branches)
                        .add(Activation.geluBlock())
                        .add(Dropout.builder().optRate(0.3f).build())
                        .add(Pool.avgPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
                        .add(Blocks.batchFlattenBlock())
                        .add(Linear.builder().setUnits(5).build()),
                4,
                8,
                8);
        check(
                new SequentialBlock()
                        .add(Conv1d.builder().setKernelShape(new Shape(3)).setFilters(4).build())
                        .add(Activation.eluBlock(0.7f))
                        .add(Pool.globalAvgPool1dBlock()),
                3,
                9);
    }

    @Test
    void activationsAndFunctionsBetween() {
        check(
                new SequentialBlock()
                        .add(Linear.builder().setUnits(6).optBias(false).build())
                        .add(LayerNorm.builder().build())
                        .add(Activation.swishBlock(1.5f))
                        .add(Activation.leakyReluBlock(0.1f))
                        .add(Activation.mishBlock())
                        .addSingleton(x -> x.mul(2).add(x.square().sqrt()).softmax(-1)),
                3,
                7);
    }

    @Test
    void everyPooling() {
        Shape kernel = new Shape(3, 2);
        Shape stride = new Shape(2, 1);
        Shape padding = new Shape(1, 1);
        for (Block pool :
                List.of(
                        Pool.maxPool2dBlock(kernel, stride, padding, false),
                        Pool.maxPool2dBlock(kernel, stride, padding, true),
                        Pool.avgPool2dBlock(kernel, stride, padding, false, true),
                        Pool.avgPool2dBlock(kernel, stride, padding, true, false),
                        Pool.globalMaxPool2dBlock(),
                        Pool.globalAvgPool2dBlock())) {
            check(pool, 3, 8, 7);
        }
        check(Pool.maxPool1dBlock(new Shape(3), new Shape(2)), 3, 9);
        check(Pool.avgPool1dBlock(new Shape(3), new Shape(2)), 3, 9);
        check(Pool.globalMaxPool1dBlock(), 3, 9);
    }

    @Test
    void everyActivation() {
        for (Block activation :
                List.of(
                        Activation.reluBlock(),
                        Activation.relu6Block(),
                        Activation.sigmoidBlock(),
                        Activation.tanhBlock(),
                        Activation.softPlusBlock(),
                        Activation.softSignBlock(),
                        Activation.seluBlock())) {
            check(new SequentialBlock().add(Linear.builder().setUnits(6).build()).add(activation), 5);
        }
    }

    @Test
    void recurrentNetworks() {
        check(LSTM.builder().setStateSize(5).setNumLayers(2).optBatchFirst(true).build(), 4, 3);
        check(GRU.builder().setStateSize(5).setNumLayers(2).optBatchFirst(true).build(), 4, 3);
        // DJL itself fails with biases in both directions.
        check(
                LSTM.builder()
                        .setStateSize(5)
                        .setNumLayers(2)
                        .optHasBiases(false)
                        .optBidirectional(true)
                        .optBatchFirst(true)
                        .build(),
                4,
                3);
        check(
                GRU.builder()
                        .setStateSize(5)
                        .setNumLayers(1)
                        .optHasBiases(false)
                        .optBidirectional(true)
                        .optBatchFirst(true)
                        .build(),
                4,
                3);
    }

    @Test
    void embeddings() {
        Vocabulary vocabulary =
                new DefaultVocabulary(List.of("a", "bee", "sees", "the", "sea", "and", "flies", "on", "till", "ten"));
        for (Block embedding :
                List.of(
                        new IdEmbedding.Builder().setDictionarySize(11).setEmbeddingSize(6).build(),
                        TrainableWordEmbedding.builder().setVocabulary(vocabulary).setEmbeddingSize(6).build())) {
            Block net =
                    new SequentialBlock()
                            .add(embedding)
                            .add(GRU.builder().setStateSize(5).setNumLayers(1).optBatchFirst(true).build())
                            .add(Linear.builder().setUnits(3).build());
            try (NDManager manager = TrainingEngine.get().newBaseManager()) {
                NDArray words = manager.create(new long[] {1, 7, 0, 3, 9, 2, 2, 5}, new Shape(2, 4));
                net.setInitializer(new NormalInitializer(0.3f), p -> true);
                net.initialize(manager, DataType.FLOAT32, words.getShape());
                Graph graph = DjlBlocks.toGraph("words", net, new NDList(words));
                checkSame(net, graph, manager.create(new long[] {9, 1, 4, 0, 6, 6, 9, 8, 2, 3, 5, 7}, new Shape(3, 4)));
            }
        }
    }

    /// DJL's PyTorch engine does not compute these itself, so the expectation is the definition: what a pixel of the
    /// input adds to the output.
    @Test
    void transposedConvolutions() {
        for (int groups : List.of(1, 2)) {
            Block block =
                    Conv2dTranspose.builder()
                            .setKernelShape(new Shape(3, 2))
                            .setFilters(6)
                            .optStride(new Shape(2, 3))
                            .optPadding(new Shape(1, 0))
                            .optOutPadding(new Shape(1, 2))
                            .optGroups(groups)
                            .build();
            try (NDManager manager = TrainingEngine.get().newBaseManager()) {
                block.setInitializer(new NormalInitializer(0.3f), p -> true);
                block.initialize(manager, DataType.FLOAT32, new Shape(2, 4, 3, 4));
                Graph graph = DjlBlocks.toGraph("upwards", block, new Shape(4, 3, 4));
                Tensor x = TensorArrays.toTensor(manager.randomNormal(new Shape(3, 4, 3, 4)));
                Tensor w = TensorArrays.toTensor(block.getParameters().get("weight").getArray());
                Tensor b = TensorArrays.toTensor(block.getParameters().get("bias").getArray());
                TensorAssert.assertThat(ReferenceInterpreter.run(graph, Map.of("input", x)).values().iterator().next())
                        .isCloseTo(transposed(x, w, b, groups), 2e-5, 2e-5);
            }
        }
    }

    private static Tensor transposed(Tensor x, Tensor w, Tensor bias, int groups) {
        int height = 2 * 2 + 3 - 2 + 1;
        int width = 3 * 3 + 2 + 2;
        Tensor y = Tensor.allocate(DType.FLOAT32, dev.octet.tensor.Shape.of(3, 6, height, width));
        for (int i = 0; i < y.elementCount(); i++) {
            y.setFloat(i, bias.getFloat(i / (height * width) % 6));
        }
        int each = 4 / groups;
        for (int at = 0; at < x.elementCount(); at++) {
            int channel = at / 12 % 4;
            for (int filter = channel / each * (6 / groups); filter < (channel / each + 1) * (6 / groups); filter++) {
                for (int tap = 0; tap < 6; tap++) {
                    int row = at / 4 % 3 * 2 - 1 + tap / 2;
                    int column = at % 4 * 3 + tap % 2;
                    if (row >= 0 && row < height && column < width) {
                        int to = ((at / 48 * 6 + filter) * height + row) * width + column;
                        float weight = w.getFloat((filter * each + channel % each) * 6L + tap);
                        y.setFloat(to, y.getFloat(to) + x.getFloat(at) * weight);
                    }
                }
            }
        }
        return y;
    }

    /// Trained with DJL, then quantized, written and run.
    @Test
    void trainedBlocksAreQuantizedWrittenAndRun(@TempDir Path folder) throws Exception {
        Block block =
                new SequentialBlock()
                        .add(conv(8, 3, 1))
                        .add(BatchNorm.builder().build())
                        .add(Activation.reluBlock())
                        .add(Blocks.batchFlattenBlock())
                        .add(Linear.builder().setUnits(2).build());
        TrainingEngine.get().setRandomSeed(5);
        try (Model model = TrainingEngine.newModel("djl")) {
            model.setBlock(block);
            NDManager manager = model.getNDManager();
            NDArray x = manager.randomNormal(new Shape(32, 1, 6, 6));
            NDArray labels = x.sum(new int[] {1, 2, 3}).gt(0).toType(DataType.FLOAT32, true);
            try (Trainer trainer = model.newTrainer(new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss()))) {
                trainer.initialize(new Shape(1, 1, 6, 6));
                ArrayDataset data =
                        new ArrayDataset.Builder().setData(x).optLabels(labels).setSampling(8, true).build();
                EasyTrain.fit(trainer, 1, data, null);
            }
            Graph graph = DjlBlocks.toGraph("djl", block, new Shape(1, 6, 6));
            Tensor samples = TensorArrays.toTensor(x);
            PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86);
            Dataset calibration = Dataset.of(List.of(Map.of("input", samples)));
            Graph quantized = Quantizer.convert(prepared, prepared.calibrate(calibration, 1, CalibrationListener.NONE));
            Path file = folder.resolve("djl.int8.onnx");
            OnnxWriter.write(quantized, file);
            NDArray expected = block.forward(new ParameterStore(manager, false), new NDList(x), false).head();
            try (Session session = Session.open(OnnxReader.read(file))) {
                Tensor found = session.run(Map.of("input", samples)).values().iterator().next();
                assertThat(TensorAssert.sqnr(TensorArrays.toTensor(expected), found)).isGreaterThan(25);
            }
        }
    }

    @Test
    void namesWhatAGraphCannotExpress() {
        Block odd = new SequentialBlock().add(Linear.builder().setUnits(3).build()).addSingleton(NDArray::cumSum);
        assertThatThrownBy(() -> check(odd, 3, 3))
                .isInstanceOf(GraphException.class)
                .hasMessage("a graph cannot express this step of the block: cumSum");
    }
}
