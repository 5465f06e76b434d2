package dev.octet.benchmarks.kernel;

import dev.octet.graph.op.Epilogue;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.kernels.OutputStage;
import dev.octet.kernels.portable.PortableKernels;
import dev.octet.kernels.x64.InstructionPeak;
import dev.octet.kernels.x64.X64Kernels;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
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
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/// Generated products and convolutions on one thread, each checked against the portable kernel first.
///
/// `main` runs every layer of `products.txt` and prints GMAC/s, multiplications a cycle, and the fraction of what loops
/// of the tier's multiplications reach in registers alone; cycles are those of a chain of multiplications of known
/// latency: [InstructionPeak]. Float windows of 3×3 may pass 1, since they need fewer multiplications than they count.
/// Arguments are tiers; none for the best.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class ProductBenchmark {
    private static final double TOLERANCE = 1e-3;

    /// Name of the layer.
    @Param("minilm.expand")
    String layer = "";

    @Param({"int8", "float"})
    String type = "";

    @Param("")
    String tier = "";

    private Kernel kernel = PortableKernels.INSTANCE.compile(spec(small(), true)).orElseThrow();
    private MemorySegment[] inputs = new MemorySegment[0];
    private MemorySegment[] outputs = new MemorySegment[0];

    private static LayerShape small() {
        return new LayerShape(MatMulGeometry.of(1, 1, 1), null);
    }

    @Setup
    public void compile() {
        System.setProperty("octet.kernels.tier", tier);
        LayerShape shape = Objects.requireNonNull(LayerShape.all().get(layer));
        KernelSpec spec = spec(shape, type.equals("int8"));
        kernel = new X64Kernels().compile(spec).orElseThrow(() -> new IllegalStateException("no kernel for " + layer));
        inputs = new MemorySegment[] {operand(spec).data()};
        Tensor found = run(kernel, spec);
        outputs = new MemorySegment[] {found.data()};
        check(run(PortableKernels.INSTANCE.compile(spec).orElseThrow(), spec), found);
    }

    private Tensor run(Kernel computed, KernelSpec spec) {
        DType dtype = type.equals("int8") ? DType.UINT8 : DType.FLOAT32;
        Tensor result = Tensor.allocate(dtype, Shape.of(spec.outputBytes()[0] * 8 / dtype.bits()));
        computed.runAll(inputs, new MemorySegment[] {result.data()});
        return result;
    }

    private void check(Tensor expected, Tensor found) {
        double tolerance = type.equals("int8") ? 0 : TOLERANCE;
        for (long i = 0; i < expected.elementCount(); i++) {
            if (Math.abs(expected.getDouble(i) - found.getDouble(i)) > tolerance) {
                throw new IllegalStateException(
                        layer + ": element " + i + " is " + found.getDouble(i) + ", not " + expected.getDouble(i));
            }
        }
    }

    /// Activations of 7 bits, as the reduced range of the preset `x86` gives.
    private static Tensor operand(KernelSpec spec) {
        Random random = new Random(1);
        boolean bytes = spec instanceof KernelSpec.IntegerMatMul || spec instanceof KernelSpec.IntegerConv;
        int count = (int) (spec.inputBytes()[0] / (bytes ? 1 : 4));
        Tensor operand = Tensor.allocate(bytes ? DType.UINT8 : DType.FLOAT32, Shape.of(count));
        for (int i = 0; i < count; i++) {
            operand.setDouble(i, bytes ? random.nextInt(128) : 2 * random.nextDouble() - 1);
        }
        return operand;
    }

    /// Weights are normally distributed, so that the largest of a channel is some 3.5 deviations.
    private static Tensor weights(Shape shape, boolean bytes) {
        Random random = new Random(2);
        Tensor weights = Tensor.allocate(bytes ? DType.INT8 : DType.FLOAT32, shape);
        for (long i = 0; i < weights.elementCount(); i++) {
            double value = random.nextGaussian();
            weights.setDouble(i, bytes ? Math.clamp(Math.rint(36 * value), -127, 127) : 0.05 * value);
        }
        return weights;
    }

    @SuppressWarnings("NullAway") // It does not see that another module's array may be null.
    private static KernelSpec spec(LayerShape shape, boolean bytes) {
        OutputStage stage = new OutputStage.Requantize(new float[] {1e-4f}, Epilogue.NONE, 0.3f, 64, DType.UINT8);
        MatMulGeometry product = shape.product();
        if (product != null) {
            Tensor b = weights(Shape.of(product.k(), product.n()), bytes);
            return bytes
                    ? new KernelSpec.IntegerMatMul(product, DType.UINT8, DType.INT8, b, 64, new int[1], null, stage)
                    : new KernelSpec.MatMul(product, b, 1, null, false, Epilogue.NONE);
        }
        ConvGeometry g = Objects.requireNonNull(shape.convolution());
        int inputs = g.inChannels() / g.groups();
        Tensor w = weights(Shape.of(g.outChannels(), inputs, g.kernelHeight(), g.kernelWidth()), bytes);
        return bytes
                ? new KernelSpec.IntegerConv(g, DType.UINT8, 64, w, new int[1], null, stage)
                : new KernelSpec.Conv(g, w, null, false, Epilogue.NONE);
    }

    @Benchmark
    public void run() {
        kernel.runAll(inputs, outputs);
    }

    /// @param arguments tiers, such as `avx2`
    public static void main(String[] arguments) throws RunnerException {
        String[] layers = LayerShape.all().keySet().toArray(String[]::new);
        String[] tiers = arguments.length == 0 ? new String[] {""} : arguments;
        OptionsBuilder options = new OptionsBuilder();
        options.include(ProductBenchmark.class.getName()).param("layer", layers).param("tier", tiers);
        System.out.printf(
                "%n%-24s %-12s %-6s %10s %10s %10s %8s%n",
                "layer", "tier", "type", "us", "GMAC/s", "MAC/cycle", "of peak");
        double clock = InstructionPeak.clock();
        Map<String, Double> peaks = new HashMap<>();
        for (RunResult result : new Runner(options.build()).run()) {
            String layer = result.getParams().getParam("layer");
            double micros = result.getPrimaryResult().getStatistics().getPercentile(50);
            String tier = result.getParams().getParam("tier");
            String type = result.getParams().getParam("type");
            double peak = peaks.computeIfAbsent(tier + type, _ -> InstructionPeak.measure(tier, type.equals("int8")));
            long macs = Objects.requireNonNull(LayerShape.all().get(layer)).macs();
            System.out.printf(
                    "%-24s %-12s %-6s %10.1f %10.1f %10.1f %8.2f%n",
                    layer,
                    tier,
                    type,
                    micros,
                    macs / micros * 1e-3,
                    macs / micros * 1e6 / clock,
                    macs / micros * 1e6 / peak);
        }
    }
}
