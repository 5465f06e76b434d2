package dev.octet.conformance.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.conformance.GoldenCases;
import dev.octet.engine.Numerics;
import dev.octet.engine.PlanDescription;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.graph.pass.FixedPointLowering;
import dev.octet.graph.pass.IntegerLowering;
import dev.octet.quant.FixedPointMultiplier.RoundingSteps;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.ReferenceInterpreter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/// Each operator between DequantizeLinear and QuantizeLinear gives the bits of TFLite's reference kernel, in the engine
/// and by the operators' own evaluation, with one rounding and with two: make_tflite_goldens.py made the numbers.
class TfliteKernelsTest {
    private static List<JsonNode> cases() {
        return GoldenCases.read(TfliteKernelsTest.class, "kernels.json");
    }

    @Test
    void casesDistinguishTheRoundings() {
        assertThat(cases()).hasSizeGreaterThan(150);
        assertThat(cases().stream().filter(c -> c.has("twice"))).hasSizeGreaterThan(15);
        assertThat(cases().stream().map(c -> c.path("op").asString()).distinct()).hasSize(17);
    }

    @ParameterizedTest
    @EnumSource(
            value = Numerics.class,
            names = {"TFLITE", "GEMMLOWP"})
    void givesTheBitsOfTflite(Numerics numerics) {
        for (JsonNode golden : cases()) {
            boolean twice = numerics == Numerics.GEMMLOWP && golden.has("twice");
            byte[] expected = bytes(golden.path(twice ? "twice" : "y"));
            Net net = new Net(golden);
            String what = "%.120s".formatted(golden);
            assertThat(net.run(numerics)).as("engine: " + what).isEqualTo(expected);
            assertThat(net.interpret(numerics)).as("reference: " + what).isEqualTo(expected);
        }
    }

    private static byte[] bytes(JsonNode array) {
        byte[] bytes = new byte[array.size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) array.get(i).asInt();
        }
        return bytes;
    }

    /// One operator in ONNX's layout of axes, and its operands.
    private static final class Net {
        private final JsonNode golden;
        private final GraphBuilder builder = new GraphBuilder("net");
        private final Map<String, Tensor> inputs = new LinkedHashMap<>();
        private final Graph graph;

        /// Extents `[n, h, w, c]` of a result that lies channels last in the golden; null if it is no image.
        private long[] image;

        Net(JsonNode golden) {
            this.golden = golden;
            String y = result();
            builder.output(y);
            graph = builder.build();
        }

        private double number(String name) {
            return golden.path(name).asDouble();
        }

        private int entry(String array, int i) {
            return golden.path(array).get(i).asInt();
        }

        private String encoding(String value, double scale, double zeroPoint, boolean dequantize) {
            String s = builder.freshConstant("scale", Tensor.scalar((float) scale));
            String z = builder.freshConstant("zero", Tensor.scalar(DType.INT8, zeroPoint));
            return dequantize
                    ? builder.add(new DequantizeLinear(), value, s, z)
                    : builder.add(new QuantizeLinear(), value, s, z);
        }

        private String input(String name, Tensor tensor, double scale, double zeroPoint) {
            inputs.put(name, tensor);
            String value = builder.input(name, DType.INT8, PartialShape.of(tensor.shape().dims()));
            return encoding(value, scale, zeroPoint, true);
        }

        /// Operand x with the golden's parameters, `[n, c, h, w]` if it is an image.
        private String x() {
            JsonNode shape = golden.path("shape");
            double scale = golden.has("inputScale") ? number("inputScale") : 0.05;
            byte[] given = golden.has("x") ? bytes(golden.path("x")) : all();
            Tensor tensor;
            if (shape.size() == 4) {
                long[] d = {entry("shape", 0), entry("shape", 1), entry("shape", 2), entry("shape", 3)};
                tensor = channelsFirst(given, d);
            } else if (shape.size() == 2) {
                tensor = Tensor.of(DType.INT8, Shape.of(entry("shape", 0), entry("shape", 1)), given);
            } else {
                tensor = Tensor.of(DType.INT8, Shape.of(given.length), given);
            }
            return input("x", tensor, scale, number("inputZeroPoint"));
        }

        private static byte[] all() {
            byte[] all = new byte[256];
            for (int i = 0; i < all.length; i++) {
                all[i] = (byte) (i - 128);
            }
            return all;
        }

        private static Tensor channelsFirst(byte[] nhwc, long[] d) {
            Tensor tensor = Tensor.allocate(DType.INT8, Shape.of(d[0], d[3], d[1], d[2]));
            long pixels = d[1] * d[2];
            for (int i = 0; i < nhwc.length; i++) {
                long c = i % d[3];
                long pixel = i / d[3] % pixels;
                long n = i / d[3] / pixels;
                tensor.setLong((n * d[3] + c) * pixels + pixel, nhwc[i]);
            }
            return tensor;
        }

        private String result() {
            return switch (golden.path("op").asString()) {
                case "logistic" -> function(UnaryFunction.SIGMOID, 0, 0);
                case "tanh" -> function(UnaryFunction.TANH, 0, 0);
                case "hardswish" -> function(UnaryFunction.HARD_SWISH, 0, 0);
                case "leakyrelu" -> function(UnaryFunction.LEAKY_RELU, (float) number("alpha"), 0);
                case "requantize" -> encoding(x(), number("outputScale"), number("outputZeroPoint"), false);
                case "add" -> binary(BinaryFunction.ADD);
                case "sub" -> binary(BinaryFunction.SUB);
                case "mul" -> binary(BinaryFunction.MUL);
                case "softmax" -> encoding(builder.add(new Softmax(-1, false, false), x()), 1.0 / 256, -128, false);
                case "logsoftmax" -> encoding(builder.add(new Softmax(-1, true, false), x()), 16.0 / 256, 127, false);
                case "mean" ->
                        encoding(
                                builder.add(new GlobalPool(PoolFunction.AVERAGE), x()),
                                number("outputScale"),
                                number("outputZeroPoint"),
                                false);
                case "averagepool" -> pool(PoolFunction.AVERAGE);
                case "maxpool" -> pool(PoolFunction.MAX);
                case "conv", "depthwise" -> convolution();
                case "transposed" -> transposed();
                case "fullyconnected" -> fullyConnected();
                default -> throw new IllegalArgumentException(golden.path("op").asString());
            };
        }

        private String function(UnaryFunction function, float alpha, float beta) {
            String y = builder.add(new Unary(function, alpha, beta), x());
            return encoding(y, number("outputScale"), number("outputZeroPoint"), false);
        }

        private String binary(BinaryFunction function) {
            String[] names = {"a", "b"};
            String[] operands = new String[2];
            for (int i = 0; i < 2; i++) {
                byte[] given = bytes(golden.path(names[i]));
                Tensor tensor = Tensor.of(DType.INT8, Shape.of(given.length), given);
                double scale = golden.path("scales").get(i).asDouble();
                operands[i] = input(names[i], tensor, scale, entry("zeroPoints", i));
            }
            double scale = golden.path("scales").get(2).asDouble();
            int zeroPoint = entry("zeroPoints", 2);
            String y = limited(builder.add(new Binary(function), operands), scale, zeroPoint);
            return encoding(y, scale, zeroPoint, false);
        }

        /// A Clip to the numbers that the golden's limits stand for.
        private String limited(String value, double scale, double zeroPoint) {
            int low = entry("limits", 0);
            int high = entry("limits", 1);
            if (low == -128 && high == 127) {
                return value;
            }
            String min = builder.freshConstant("min", Tensor.scalar((float) ((low - zeroPoint) * scale)));
            String max = builder.freshConstant("max", Tensor.scalar((float) ((high - zeroPoint) * scale)));
            return builder.add(new Clip(), value, min, max);
        }

        /// A square one: its extent, stride and padding.
        private Window window() {
            int k = entry("window", 0);
            int stride = entry("window", 1);
            int pad = entry("window", 2);
            return Window.of(k, k).withStrides(stride, stride).withPads(pad, pad, pad, pad);
        }

        private String pool(PoolFunction function) {
            String pooled = builder.add(new Pool(function, window(), false, false, false, 2), x());
            image = new long[] {entry("shape", 0), 0, 0, entry("shape", 3)};
            return encoding(limited(pooled, 0.05, 0), 0.05, 0, false);
        }

        private String convolution() {
            int k = entry("window", 0);
            int dilation = entry("window", 3);
            int out = entry("channels", 0);
            boolean depthwise = golden.path("op").asString().equals("depthwise");
            int in = depthwise ? 1 : entry("shape", 3);
            byte[] given = bytes(golden.path("weights"));
            Tensor weights = Tensor.allocate(DType.INT8, Shape.of(out, in, k, k));
            for (int i = 0; i < given.length; i++) {
                int o = depthwise ? i % out : i / (in * k * k);
                int c = depthwise ? 0 : i % in;
                int tap = depthwise ? i / out : i / in % (k * k);
                weights.setLong(((long) o * in + c) * k * k + tap, given[i]);
            }
            Window window = window().withDilations(dilation, dilation);
            String y = builder.add(new Conv(window, depthwise ? out : 1), x(), weights(weights, 0), bias(out));
            return limitedImage(y, out);
        }

        private String limitedImage(String y, int channels) {
            image = new long[] {1, 0, 0, channels};
            String limited = limited(y, number("outputScale"), number("outputZeroPoint"));
            return encoding(limited, number("outputScale"), number("outputZeroPoint"), false);
        }

        /// TFLite's weights are `[out, h, w, in]`, ONNX's `[in, out, h, w]`.
        private String transposed() {
            int k = entry("window", 0);
            int out = entry("channels", 0);
            int in = entry("shape", 3);
            byte[] given = bytes(golden.path("weights"));
            Tensor weights = Tensor.allocate(DType.INT8, Shape.of(in, out, k, k));
            for (int i = 0; i < given.length; i++) {
                int o = i / (in * k * k);
                weights.setLong(((long) i % in * out + o) * k * k + i / in % (k * k), given[i]);
            }
            ConvTranspose op = new ConvTranspose(window(), 1, List.of(), List.of());
            String[] operands = {x(), weights(weights, 1)};
            String y =
                    golden.has("bias")
                            ? builder.add(op, operands[0], operands[1], bias(out))
                            : builder.add(op, operands);
            return limitedImage(y, out);
        }

        private String fullyConnected() {
            int out = entry("channels", 0);
            Tensor weights = Tensor.of(DType.INT8, Shape.of(out, entry("shape", 1)), bytes(golden.path("weights")));
            String y = builder.add(new Gemm(1, 1, false, true), x(), weights(weights, 0), bias(out));
            return encoding(y, number("outputScale"), number("outputZeroPoint"), false);
        }

        private String weights(Tensor weights, int axis) {
            String scales = builder.freshConstant("weightScales", scales(1));
            String value = builder.freshConstant("weights", weights);
            return builder.add(new DequantizeLinear(axis, 0, null), value, scales);
        }

        /// Scales of the weights times a factor.
        private Tensor scales(float factor) {
            JsonNode given = golden.path("weightScales");
            float[] scales = new float[given.size()];
            for (int i = 0; i < scales.length; i++) {
                scales[i] = (float) given.get(i).asDouble() * factor;
            }
            return Tensor.of(scales.length == 1 ? Shape.SCALAR : Shape.of(scales.length), scales);
        }

        private String bias(int channels) {
            int[] bias = new int[channels];
            for (int i = 0; i < channels; i++) {
                bias[i] = entry("bias", i);
            }
            String value = builder.freshConstant("bias", Tensor.of(Shape.of(channels), bias));
            String scales = builder.freshConstant("biasScales", scales((float) number("inputScale")));
            return builder.add(new DequantizeLinear(0, 0, null), value, scales);
        }

        byte[] run(Numerics numerics) {
            SessionOptions options = SessionOptions.defaults().withThreads(2).withNumerics(numerics);
            Map<String, Shape> shapes = new LinkedHashMap<>();
            inputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
            try (Session session = Session.open(graph, options)) {
                assertThat(session.describe(shapes).steps())
                        .as(golden.path("op").asString())
                        .filteredOn(step -> !step.operator().equals("Transpose") && !step.operator().equals("Clip"))
                        .extracting(PlanDescription.Step::by)
                        .containsOnly("integer");
                return result(session.run(inputs));
            }
        }

        byte[] interpret(Numerics numerics) {
            RoundingSteps steps = numerics == Numerics.TFLITE ? RoundingSteps.SINGLE : RoundingSteps.DOUBLE;
            Graph lowered =
                    new IntegerLowering(IntegerLowering.Target.ENGINE).then(new FixedPointLowering(steps)).apply(graph);
            return result(ReferenceInterpreter.run(lowered, inputs));
        }

        private byte[] result(Map<String, Tensor> outputs) {
            Tensor y = outputs.values().iterator().next();
            assertThat(y.dtype()).isEqualTo(DType.INT8);
            byte[] found = new byte[(int) y.elementCount()];
            for (int i = 0; i < found.length; i++) {
                long at = i;
                if (image != null) {
                    long channels = image[3];
                    long pixels = y.elementCount() / image[0] / channels;
                    at = (i / channels / pixels * channels + i % channels) * pixels + i / channels % pixels;
                }
                found[i] = (byte) y.getLong(at);
            }
            return found;
        }
    }
}
