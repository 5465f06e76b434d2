package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.NormalInitializer;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.qat.op.TensorArrays;
import dev.octet.tensor.Tensor;
import dev.octet.test.ReferenceInterpreter;
import dev.octet.test.TensorAssert;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

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
            NDArray expected;
            // With gradients, since the recurrent layers that PyTorch takes without are wrong on some CPUs.
            try (GradientCollector _ = TrainingEngine.get().newGradientCollector()) {
                expected = block.forward(new ParameterStore(manager, false), new NDList(x), false).head();
            }
            Map<String, Tensor> found = ReferenceInterpreter.run(graph, Map.of("input", TensorArrays.toTensor(x)));
            TensorAssert.assertThat(found.get(graph.outputs().getFirst().name()))
                    .isCloseTo(TensorArrays.toTensor(expected), 2e-5, 2e-5);
        }
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
    void recurrentNetworks() {
        check(LSTM.builder().setStateSize(5).setNumLayers(2).optBatchFirst(true).build(), 4, 3);
        check(GRU.builder().setStateSize(5).setNumLayers(1).optBatchFirst(true).build(), 4, 3);
    }

    @Test
    void namesWhatAGraphCannotExpress() {
        Block odd = new SequentialBlock().add(Linear.builder().setUnits(3).build()).addSingleton(NDArray::cumSum);
        assertThatThrownBy(() -> check(odd, 3, 3))
                .isInstanceOf(GraphException.class)
                .hasMessage("a graph cannot express this step of the block: cumSum");
    }
}
