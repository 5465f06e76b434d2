package dev.octet.conformance.oracle;

import dev.octet.graph.Attributes;
import dev.octet.graph.op.MatMulNBits;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Operators;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;

/// ONNX Runtime's operators on weights of few bits, and those that quantize as they run.
final class PackedCases {
    private PackedCases() {}

    private static Op microsoft(String type, Attributes.Builder attributes) {
        return Operators.read("com.microsoft", type, attributes.build());
    }

    static OracleCase matMulNBits(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        int bits = g.oneOf(List.of(4, 4, 8));
        int blockSize = g.oneOf(List.of(16, 32, 64));
        int blocks = g.integer(1, 3);
        int columns = blocks * blockSize - (g.flip() ? 0 : g.integer(0, blockSize - 1));
        int rows = g.integer(1, 9);
        List<String> operands = new ArrayList<>();
        Shape left = g.flip() ? Shape.of(g.integer(1, 4), columns) : Shape.of(2, g.integer(1, 3), columns);
        operands.add(b.input(g.floats(left, -1, 1)));
        operands.add(b.constant(g.integers(DType.UINT8, Shape.of(rows, blocks, blockSize * bits / 8))));
        operands.add(b.constant(g.floats(Shape.of((long) rows * blocks), 0.01f, 0.1f)));
        boolean zeroPoints = g.flip();
        int bytes = Math.ceilDiv(blocks * bits, 8);
        operands.add(zeroPoints ? b.constant(g.integers(DType.UINT8, Shape.of((long) rows * bytes))) : "");
        if (bits == 4 && g.flip()) {
            operands.add("");
            operands.add(b.constant(g.floats(Shape.of(rows), -1, 1)));
        }
        String y = b.add(new MatMulNBits(columns, rows, bits, blockSize), operands.toArray(String[]::new));
        return b.build(new Tolerance(1e-3, 1e-3), y);
    }

    static OracleCase gatherBlockQuantized(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        int blockSize = g.oneOf(List.of(16, 32));
        int rows = g.integer(2, 6);
        DType dtype = g.oneOf(List.of(DType.INT4, DType.UINT4, DType.UINT8));
        boolean packed = dtype == DType.UINT8;
        // ONNX Runtime 1.26 misplaces the zero points of rows that end within a byte.
        int blocks = packed ? 2 * g.integer(1, 2) : g.integer(1, 3);
        long columns = (long) blocks * blockSize;
        Shape codes = Shape.of(rows, packed ? columns / 2 : columns);
        List<String> operands = new ArrayList<>();
        operands.add(b.constant(codes(g, dtype, codes)));
        Shape indices = g.flip() ? Shape.of(g.integer(1, 4)) : Shape.of(2, g.integer(1, 3));
        operands.add(b.input(g.integers(DType.INT64, indices, 0, rows - 1)));
        operands.add(b.constant(g.floats(Shape.of(rows, blocks), 0.01f, 0.1f)));
        if (g.flip()) {
            operands.add(b.constant(codes(g, dtype, Shape.of(rows, packed ? (blocks + 1) / 2 : blocks))));
        }
        Attributes.Builder attributes =
                Attributes.builder()
                        .put("gather_axis", 0L)
                        .put("quantize_axis", 1L)
                        .put("block_size", (long) blockSize);
        if (packed) {
            attributes.put("bits", 4L);
        }
        Op op = microsoft("GatherBlockQuantized", attributes);
        return b.build(Tolerance.FUNCTION, b.add(op, operands.toArray(String[]::new)));
    }

    private static Tensor codes(Generator g, DType dtype, Shape shape) {
        Tensor bytes = g.integers(DType.UINT8, shape);
        if (dtype == DType.UINT8) {
            return bytes;
        }
        Tensor codes = Tensor.allocate(dtype, shape);
        for (long i = 0; i < codes.elementCount(); i++) {
            codes.setLong(i, bytes.getLong(i));
        }
        return codes;
    }

    /// ONNX Runtime rounds x and the state to 8 bits, Octet does not: so the tolerance is that of the rounding.
    static OracleCase dynamicQuantizeLstm(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        int directions = g.integer(1, 2);
        int hidden = g.integer(1, 6);
        int inputs = g.integer(1, 6);
        int batch = g.integer(1, 3);
        boolean perColumn = g.flip();
        Shape parameters = perColumn ? Shape.of(directions, 4L * hidden) : Shape.of(directions);
        DType dtype = g.oneOf(List.of(DType.INT8, DType.UINT8));
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.floats(Shape.of(g.integer(1, 4), batch, inputs), -1, 1)));
        operands.add(b.constant(g.integers(dtype, Shape.of(directions, inputs, 4L * hidden))));
        operands.add(b.constant(g.integers(dtype, Shape.of(directions, hidden, 4L * hidden))));
        operands.add(g.flip() ? b.constant(g.floats(Shape.of(directions, 8L * hidden), -1, 1)) : "");
        for (int absent = 4; absent < 8; absent++) {
            operands.add("");
        }
        for (int i = 0; i < 2; i++) {
            operands.add(b.constant(g.floats(parameters, 0.002f, 0.01f)));
            Tensor zeroPoint = Tensor.allocate(dtype, parameters);
            for (long j = 0; j < zeroPoint.elementCount(); j++) {
                zeroPoint.setLong(j, dtype == DType.UINT8 ? 128 : 0);
            }
            operands.add(b.constant(zeroPoint));
        }
        Attributes.Builder attributes =
                Attributes.builder()
                        .put("hidden_size", (long) hidden)
                        .put("direction", directions == 2 ? "bidirectional" : g.flip() ? "forward" : "reverse");
        Op op = microsoft("DynamicQuantizeLSTM", attributes);
        return b.build(new Tolerance(0.03, 0.03), b.add(op, 3, operands.toArray(String[]::new)));
    }

    /// Pools with the channels as the last axis.
    static OracleCase channelsLastPool(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        boolean global = g.flip();
        Shape shape = Shape.of(g.integer(1, 2), g.integer(3, 6), g.integer(3, 6), g.integer(1, 5));
        Attributes.Builder attributes = Attributes.builder().put("channels_last", 1L);
        if (!global) {
            attributes.put("kernel_shape", List.of((long) g.integer(1, 3), (long) g.integer(1, 3)));
        }
        Op op = microsoft(global ? "QLinearGlobalAveragePool" : "QLinearAveragePool", attributes);
        String y =
                b.add(
                        op,
                        b.input(g.integers(DType.UINT8, shape)),
                        b.constant(Tensor.scalar(0.05f)),
                        b.constant(Tensor.of(DType.UINT8, Shape.SCALAR, (byte) 12)),
                        b.constant(Tensor.scalar(0.04f)),
                        b.constant(Tensor.of(DType.UINT8, Shape.SCALAR, (byte) 7)));
        return b.build(Tolerance.ONE_STEP, y);
    }
}
