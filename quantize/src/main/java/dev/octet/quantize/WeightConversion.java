package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Gemm;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.Unit.Weight;
import dev.octet.quantize.calibration.CalibrationEntry;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.spec.BiasRule;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Replaces the constant operands of quantized units by integers and their DequantizeLinear.
///
/// Weights that several nodes read are stored once for each way of quantizing them.
final class WeightConversion {
    private final Graph graph;
    private final QuantizationSpec spec;
    private final CalibrationTable table;
    private final QdqBuilder builder;
    private final Map<Key, String> converted = new HashMap<>();
    private final Set<String> sources = new LinkedHashSet<>();
    private long quantizedBytes;

    private record Key(String value, QuantParams params, float factor) {}

    WeightConversion(PreparedGraph prepared, CalibrationTable table, QdqBuilder builder) {
        graph = prepared.graph();
        spec = prepared.spec();
        this.table = table;
        this.builder = builder;
    }

    /// Size of the constants that were replaced.
    long floatBytes() {
        return sources.stream().mapToLong(w -> tensor(w).byteSize()).sum();
    }

    /// Size of what replaced them, scales and zero points included.
    long quantizedBytes() {
        return quantizedBytes;
    }

    private Tensor tensor(String constant) {
        return graph.constant(constant).orElseThrow();
    }

    /// The operator of a unit on quantized constants.
    ///
    /// @param node the operator, reading its activations where it should
    /// @param inputScale scale of its first activation
    Node convert(Node node, Unit unit, float inputScale) {
        Node result = node;
        for (String constant : unit.roles().constants()) {
            QuantizedConstant quantized = QuantizedConstant.ofOperand(constant, tensor(constant), spec);
            result = replace(result, constant, store(constant, quantized, 1));
        }
        Weight weight = unit.roles().weight();
        return weight == null ? result : convertWeight(result, unit, weight, inputScale);
    }

    private Node convertWeight(Node node, Unit unit, Weight weight, float inputScale) {
        // Integer operators know no factors: they go into the numbers.
        float alpha = node.op() instanceof Gemm gemm ? gemm.alpha() : 1;
        float beta = node.op() instanceof Gemm gemm ? gemm.beta() : 1;
        Node result = node.op() instanceof Gemm gemm ? node.withOp(new Gemm(1, 1, gemm.transA(), gemm.transB())) : node;
        Tensor values = WeightTensors.scaled(tensor(weight.value()), alpha);
        QuantParams params = params(unit, weight, values);
        String biasName = unit.roles().bias();
        if (spec.tensors().containsKey(biasName)) {
            Tensor bias = WeightTensors.scaled(tensor(biasName), beta);
            QuantParams own = QuantizedConstant.weightParams(bias, spec.tensors().get(biasName), 0, spec);
            result = replace(result, biasName, store(biasName, QuantizedConstant.of(bias, own, spec), beta));
        } else if (!biasName.isEmpty() && spec.bias() == BiasRule.INT32) {
            Tensor bias = WeightTensors.scaled(tensor(biasName), beta);
            Tensor row =
                    bias.elementCount() == 1 && node.op() instanceof Gemm gemm
                            ? repeated(bias, values.shape().dim(gemm.transB() ? 0 : 1))
                            : bias.reshape(Shape.of(bias.elementCount()));
            params = QuantizedConstant.fitBias(params, inputScale, row);
            result = replace(result, biasName, storeBias(biasName, row, inputScale, params));
        } else if (!biasName.isEmpty() && beta != 1) {
            result =
                    replace(
                            result,
                            biasName,
                            builder.constant(biasName + "_scaled", WeightTensors.scaled(tensor(biasName), beta)));
        }
        QuantizedConstant quantized = QuantizedConstant.of(values, params, spec);
        return replace(result, weight.value(), store(weight.value(), quantized, alpha));
    }

    /// A look-up in a table of integers; what was read is dequantized, since dequantizing the table would take longer
    /// than the look-up. Returns the last node, the others are added.
    Node convertLookup(Node node, Unit unit) {
        String table = Objects.requireNonNull(unit.roles().weight()).value();
        Tensor values = tensor(table);
        QuantizedConstant quantized = QuantizedConstant.of(values, params(unit, unit.roles().weight(), values), spec);
        int scales = quantized.params().scales().length;
        count(table, quantized.values(), scales, Float.BYTES);
        String integers = builder.constant(table + "_quantized", quantized.values());
        String read = builder.lookup(node, integers, "_quantized");
        if (scales == 1) {
            QdqBuilder.Scales params = builder.scales(table, quantized.params());
            return new Node(
                    builder.freshName(node.name() + "_DequantizeLinear"),
                    new DequantizeLinear(),
                    List.of(read, params.scale(), params.zeroPoint()),
                    node.outputs());
        }
        // DequantizeLinear has no scale for each row of what was read.
        long[] column = new long[values.shape().rank()];
        Arrays.fill(column, 1);
        column[0] = scales;
        Tensor rowScales = Tensor.of(Shape.of(column), quantized.params().scales());
        String scale = builder.lookup(node, builder.constant(table + "_scale", rowScales), "_scale");
        String real = builder.add(node.name() + "_Cast", new Cast(DType.FLOAT32), List.of(read));
        return new Node(
                builder.freshName(node.name() + "_Mul"),
                new Binary(BinaryFunction.MUL),
                List.of(real, scale),
                node.outputs());
    }

    private QuantParams params(Unit unit, Weight weight, Tensor values) {
        CalibrationEntry entry = table.entries().get(weight.value());
        return entry != null
                ? entry.params()
                : QuantizedConstant.weightParams(
                        values, spec.weight(unit.anchor(), weight.value()), weight.channelAxis(), spec);
    }

    private static Node replace(Node node, String operand, String by) {
        return node.withInputs(node.inputs().stream().map(o -> o.equals(operand) ? by : o).toList());
    }

    private String store(String name, QuantizedConstant constant, float factor) {
        return converted.computeIfAbsent(
                new Key(name, constant.params(), factor),
                _ -> {
                    QuantParams params = constant.params();
                    count(name, constant.values(), params.scales().length, Float.BYTES + params.dtype().bits() / 8);
                    return builder.addConstant(name, constant);
                });
    }

    private String storeBias(String name, Tensor bias, float inputScale, QuantParams weight) {
        float[] scales = weight.scales().clone();
        for (int c = 0; c < scales.length; c++) {
            scales[c] *= inputScale;
        }
        Tensor quantized = QuantizedConstant.bias(bias, scales);
        count(name, quantized, scales.length, Float.BYTES);
        Shape shape = scales.length == 1 ? Shape.SCALAR : Shape.of(scales.length);
        String stored = builder.constant(name + "_quantized", quantized);
        String scale = builder.constant(name + "_quantized_scale", Tensor.of(shape, scales));
        return builder.addDequantize(name, 0, List.of(stored, scale));
    }

    private void count(String source, Tensor quantized, int scales, int bytesPerScale) {
        sources.add(source);
        quantizedBytes += quantized.byteSize() + (long) scales * bytesPerScale;
    }

    private static Tensor repeated(Tensor value, long count) {
        Tensor repeated = Tensor.allocate(value.dtype(), Shape.of(count));
        for (long i = 0; i < count; i++) {
            repeated.setFloat(i, value.getFloat(0));
        }
        return repeated;
    }
}
