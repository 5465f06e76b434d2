package dev.octet.benchmarks.kernel;

import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSet;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.KernelSpec.Encoding;
import dev.octet.kernels.LayerNorm;
import dev.octet.kernels.Layout;
import dev.octet.kernels.OutputStage;
import dev.octet.kernels.portable.PortableKernels;
import dev.octet.kernels.x64.X64Kernels;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Kernels that are no products, with the shapes of MiniLM at 128 tokens and of PP-OCRv4, on one thread.
///
/// The set `copy` moves the same bytes instead, inputs and outputs together: what memory alone would take. The property
/// `octet.kernels.tier` caps the instructions of `x64`.
///
/// Usage: `./octet --main org.openjdk.jmh.Main ElementKernelsBenchmark`
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class ElementKernelsBenchmark {
    @Param({
        "ADD_MASK",
        "GELU",
        "SIGMOID",
        "SOFTMAX",
        "LAYER_NORM",
        "QUANTIZE",
        "DYNAMIC_QUANTIZE",
        "QUANTIZED_ADD",
        "GLOBAL_AVERAGE",
        "DEPTHWISE_3X3",
        "DEPTHWISE_5X5",
        "DEPTHWISE_INT8",
        "MAX_POOL"
    })
    Work work;

    @Param({"copy", "portable", "x64"})
    String set;

    private Kernel kernel;
    private MemorySegment[] inputs;
    private MemorySegment[] outputs;

    /// What is computed.
    public enum Work {
        ADD_MASK,
        GELU,
        SIGMOID,
        SOFTMAX,
        LAYER_NORM,
        QUANTIZE,
        DYNAMIC_QUANTIZE,
        QUANTIZED_ADD,
        GLOBAL_AVERAGE,
        DEPTHWISE_3X3,
        DEPTHWISE_5X5,
        DEPTHWISE_INT8,
        MAX_POOL;

        KernelSpec spec() {
            Encoding encoding = new Encoding(DType.UINT8, 0.02f, 128);
            return switch (this) {
                case ADD_MASK ->
                        new KernelSpec.Broadcast(
                                BinaryFunction.ADD, Shape.of(1, 12, 128, 128), Shape.of(1, 1, 1, 128), Epilogue.NONE);
                case GELU -> new KernelSpec.Elementwise(Unary.of(UnaryFunction.GELU), 128 * 1536);
                case SIGMOID -> new KernelSpec.Elementwise(Unary.of(UnaryFunction.SIGMOID), 128 * 1536);
                case SOFTMAX -> new KernelSpec.Softmax(false, 12 * 128, 128, 1);
                case LAYER_NORM -> new LayerNorm(128, 384, 1e-12f, true, false);
                case QUANTIZE ->
                        new KernelSpec.Quantize(1, 1, 128 * 1536, new float[] {0.02f}, new int[] {128}, DType.UINT8);
                case DYNAMIC_QUANTIZE -> new KernelSpec.DynamicQuantize(128 * 384);
                case QUANTIZED_ADD -> {
                    Shape shape = Shape.of(1, 160, 160, 24);
                    yield new KernelSpec.QuantizedBroadcast(
                            BinaryFunction.ADD, shape, shape, encoding, encoding, Epilogue.NONE, encoding);
                }
                case GLOBAL_AVERAGE -> new KernelSpec.GlobalAveragePool(1, 80 * 80, 96, null, null);
                case DEPTHWISE_3X3 -> depthwise(window(160, 48, 3, 1));
                case DEPTHWISE_5X5 -> depthwise(window(40, 192, 5, 1));
                case DEPTHWISE_INT8 -> {
                    ConvGeometry g = window(160, 48, 3, 1);
                    yield new KernelSpec.IntegerConv(
                            g,
                            DType.UINT8,
                            128,
                            bytes(DType.INT8, Shape.of(g.outChannels(), 1, 3, 3)),
                            new int[1],
                            new int[g.outChannels()],
                            new OutputStage.Requantize(new float[] {0.001f}, Epilogue.NONE, 0.02f, 128, DType.UINT8));
                }
                case MAX_POOL -> new KernelSpec.Pool(PoolFunction.MAX, window(160, 48, 3, 2), DType.FLOAT32, false, 2);
            };
        }

        private static KernelSpec depthwise(ConvGeometry g) {
            Tensor weights = floats(Shape.of(g.outChannels(), 1, g.kernelHeight(), g.kernelWidth()));
            Epilogue hardSwish = new Epilogue(UnaryFunction.HARD_SWISH, 0, 0);
            return new KernelSpec.Conv(g, weights, floats(Shape.of(g.outChannels())), false, hardSwish);
        }

        private static ConvGeometry window(int extent, int channels, int kernel, int stride) {
            int out = extent / stride;
            return new ConvGeometry(
                    1,
                    channels,
                    channels,
                    extent,
                    extent,
                    channels,
                    out,
                    out,
                    kernel,
                    kernel,
                    stride,
                    stride,
                    kernel / 2,
                    kernel / 2,
                    1,
                    1,
                    Layout.CHANNELS_LAST);
        }
    }

    private static Tensor floats(Shape shape) {
        Random random = new Random(1);
        float[] values = new float[(int) shape.elementCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(shape, values);
    }

    private static Tensor bytes(DType dtype, Shape shape) {
        byte[] values = new byte[(int) shape.elementCount()];
        new Random(2).nextBytes(values);
        return Tensor.of(dtype, shape, values);
    }

    @Setup
    public void prepare() {
        KernelSpec spec = work.spec();
        inputs = memory(spec.inputBytes());
        outputs = memory(spec.outputBytes());
        boolean floats = !(spec instanceof KernelSpec.IntegerConv || spec instanceof KernelSpec.QuantizedBroadcast);
        for (MemorySegment input : inputs) {
            Tensor values =
                    floats ? floats(Shape.of(input.byteSize() / 4)) : bytes(DType.UINT8, Shape.of(input.byteSize()));
            input.copyFrom(values.data());
        }
        if (set.equals("copy")) {
            kernel = copy(spec);
            return;
        }
        KernelSet chosen = set.equals("x64") ? new X64Kernels() : PortableKernels.INSTANCE;
        kernel = chosen.compile(spec).orElseThrow(() -> new IllegalStateException(set + " has no kernel for " + work));
        check(spec, floats && !isBytes(spec));
    }

    private static boolean isBytes(KernelSpec spec) {
        return spec instanceof KernelSpec.Quantize || spec instanceof KernelSpec.DynamicQuantize;
    }

    private static MemorySegment[] memory(long[] bytes) {
        return Arrays.stream(bytes).mapToObj(b -> Arena.ofAuto().allocate(b, 64)).toArray(MemorySegment[]::new);
    }

    private static Kernel copy(KernelSpec spec) {
        long half = (Arrays.stream(spec.inputBytes()).sum() + Arrays.stream(spec.outputBytes()).sum()) / 2;
        MemorySegment from = Arena.ofAuto().allocate(half, 64);
        MemorySegment to = Arena.ofAuto().allocate(half, 64);
        return new Kernel() {
            @Override
            public int tiles() {
                return 1;
            }

            @Override
            public void run(int tile, MemorySegment[] ignoredInputs, MemorySegment[] ignoredOutputs) {
                MemorySegment.copy(from, 0, to, 0, half);
            }
        };
    }

    /// The first result has to be that of portable code.
    private void check(KernelSpec spec, boolean floats) {
        MemorySegment[] expected = memory(spec.outputBytes());
        PortableKernels.INSTANCE.compile(spec).orElseThrow().runAll(inputs, expected);
        kernel.runAll(inputs, outputs);
        long elements = expected[0].byteSize() / (floats ? 4 : 1);
        for (long i = 0; i < elements; i++) {
            double e = value(expected[0], i, floats);
            double f = value(outputs[0], i, floats);
            if (!(Math.abs(e - f) <= (floats ? 1e-4 * Math.max(1, Math.abs(e)) : 0))) {
                throw new IllegalStateException(work + ": element " + i + ": expected " + e + ", found " + f);
            }
        }
    }

    private static double value(MemorySegment values, long index, boolean floats) {
        return floats ? values.getAtIndex(ValueLayout.JAVA_FLOAT, index) : values.get(ValueLayout.JAVA_BYTE, index);
    }

    @Benchmark
    public MemorySegment[] run() {
        kernel.runAll(inputs, outputs);
        return outputs;
    }
}
