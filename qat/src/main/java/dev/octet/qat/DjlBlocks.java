package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;

/// Networks that were built and trained with DJL's own blocks, as graphs.
///
/// The block is run once on arrays that write down what is done with them. So it does not matter what blocks a network
/// is made of, nor what functions stand between them, as long as each step is one that a graph can express.
public final class DjlBlocks {
    /// Two samples show which extent is the batch, where one would pass for an axis of extent 1.
    private static final int SAMPLES = 2;

    private DjlBlocks() {}

    /// The graph of an initialized block, with its parameters as constants. Inputs are named `input`, or `input0`, …;
    /// their first axis is the batch, of any extent. What only training does, such as dropout, is left out.
    ///
    /// @param sampleShapes of the float inputs, without the batch
    /// @throws GraphException naming the step that a graph cannot express
    public static Graph toGraph(String name, Block block, Shape... sampleShapes) {
        NDManager manager = TrainingEngine.get().newBaseManager();
        try (manager) {
            NDList inputs = new NDList();
            for (Shape shape : sampleShapes) {
                long[] dims = new long[shape.dimension() + 1];
                dims[0] = SAMPLES;
                System.arraycopy(shape.getShape(), 0, dims, 1, shape.dimension());
                inputs.add(manager.randomUniform(-1, 1, new Shape(dims)));
            }
            return toGraph(name, block, inputs);
        }
    }

    /// Likewise with inputs given, which may be of integers, such as the numbers of words. The extent of their first
    /// axis, at least 2, stands for the batch.
    public static Graph toGraph(String name, Block block, NDList inputs) {
        if (!block.isInitialized()) {
            throw new GraphException("block '" + name + "' has no parameters yet: initialize it first");
        }
        BlockTrace trace = new BlockTrace(name);
        NDList traced = new NDList();
        for (int i = 0; i < inputs.size(); i++) {
            NDArray input = inputs.get(i);
            if (input.getDataType() != DataType.FLOAT32 && input.getDataType() != DataType.INT64) {
                throw new GraphException("input " + i + ": expected FLOAT32 or INT64, found " + input.getDataType());
            }
            // With gradients PyTorch takes its own kernels: oneDNN's recurrent layers, which it takes without, fail on
            // some shapes (and were seen to compute wrong results).
            input.setRequiresGradient(input.getDataType() == DataType.FLOAT32);
            traced.add(trace.input(inputs.size() == 1 ? "input" : "input" + i, input));
        }
        try (GradientCollector _ = TrainingEngine.get().newGradientCollector()) {
            return trace.graph(block.forward(trace.parameters(inputs.head().getManager()), traced, false));
        }
    }
}
