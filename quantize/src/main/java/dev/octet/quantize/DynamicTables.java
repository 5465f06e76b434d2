package dev.octet.quantize;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Slice;
import dev.octet.quant.FloatQuantParams;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;

/// Writes the reading of rows from a table `[rows, columns]` that has a scale and a floating zero point for each row
/// (PyTorch's embeddings).
///
/// With 8 bits a number is `(q − z)·s`. With 4 bits two codes lie in a byte, those of the first half of a row in the
/// low bits, and a number is `q·s + b` where `s` and `b = −z·s` are FLOAT16, as PyTorch's kernels of 4 bits have them.
final class DynamicTables {
    private static final int NIBBLE = 4;
    private static final int LOW_BITS = 15;

    private final DynamicProducts products;
    private final Node gather;
    private final Tensor table;

    /// @param gather that reads the table along its first axis
    DynamicTables(DynamicProducts products, Node gather, Tensor table) {
        this.products = products;
        this.gather = gather;
        this.table = table;
    }

    /// @param dtype UINT8 or UINT4
    void write(DType dtype) {
        FloatQuantParams params = params(dtype);
        Tensor codes = params.quantize(table);
        products.decided(
                gather.input(0), dtype + " per channel 0", "each row, with a floating zero point", gather.toString());
        if (dtype.bits() == NIBBLE) {
            writeNibbles(params, codes);
        } else {
            writeBytes(params, codes);
        }
    }

    private FloatQuantParams params(DType dtype) {
        long columns = table.shape().dim(1);
        float[] mins = new float[(int) table.shape().dim(0)];
        float[] maxs = new float[mins.length];
        for (int row = 0; row < mins.length; row++) {
            mins[row] = Float.POSITIVE_INFINITY;
            maxs[row] = Float.NEGATIVE_INFINITY;
            for (long i = 0; i < columns; i++) {
                mins[row] = Math.min(mins[row], table.getFloat(row * columns + i));
                maxs[row] = Math.max(maxs[row], table.getFloat(row * columns + i));
            }
        }
        return FloatQuantParams.of(dtype, 0, mins, maxs);
    }

    private void writeBytes(FloatQuantParams params, Tensor codes) {
        Shape column = Shape.of(params.scales().length, 1);
        products.count(table, codes.byteSize() + 2 * column.elementCount() * Float.BYTES);
        String q = read("_quantized", codes);
        String z = read("_zero_point", Tensor.of(column, params.zeroPoints()));
        String s = read("_scale", Tensor.of(column, params.scales()));
        String steps = add("_steps", BinaryFunction.SUB, toFloat("_cast", q), z);
        finish("_scaled", BinaryFunction.MUL, steps, s);
    }

    private void writeNibbles(FloatQuantParams params, Tensor codes) {
        long columns = table.shape().dim(1);
        Shape column = Shape.of(params.scales().length, 1);
        Tensor scales = Tensor.allocate(DType.FLOAT16, column);
        Tensor biases = Tensor.allocate(DType.FLOAT16, column);
        for (int row = 0; row < params.scales().length; row++) {
            scales.setFloat(row, params.scales()[row]);
            biases.setFloat(row, params.zeroPoints()[row] * params.scales()[row] * -1);
        }
        Tensor packed = packed(codes);
        products.count(table, packed.byteSize() + scales.byteSize() + biases.byteSize());
        String bytes = read("_quantized", packed);
        String low = add("_low", BinaryFunction.BITWISE_AND, bytes, number("_low_bits", LOW_BITS));
        String high = add("_high", BinaryFunction.SHIFT_RIGHT, bytes, number("_shift", NIBBLE));
        String row = products.add(gather.name() + "_row", new Concat(-1), low, high);
        if (columns % 2 != 0) {
            row =
                    products.add(
                            gather.name() + "_row_of_codes",
                            new Slice(),
                            row,
                            products.builder().constant(gather.name() + "_start", Tensor.vector(0)),
                            products.builder().constant(gather.name() + "_end", Tensor.vector(columns)),
                            products.builder().constant(gather.name() + "_axis", Tensor.vector(-1)));
        }
        String s = toFloat("_scale_cast", read("_scale", scales));
        String b = toFloat("_bias_cast", read("_bias", biases));
        String steps = add("_steps", BinaryFunction.MUL, toFloat("_cast", row), s);
        finish("_shifted", BinaryFunction.ADD, steps, b);
    }

    /// Two codes a byte, `[rows, ⌈columns / 2⌉]`.
    private static Tensor packed(Tensor codes) {
        long rows = codes.shape().dim(0);
        long columns = codes.shape().dim(1);
        long half = Math.ceilDiv(columns, 2L);
        Tensor packed = Tensor.allocate(DType.UINT8, Shape.of(rows, half));
        for (long row = 0; row < rows; row++) {
            for (long i = 0; i < half; i++) {
                long low = codes.getLong(row * columns + i);
                long high = half + i < columns ? codes.getLong(row * columns + half + i) : 0;
                packed.setLong(row * half + i, low | high << NIBBLE);
            }
        }
        return packed;
    }

    private String number(String suffix, int value) {
        Tensor number = Tensor.allocate(DType.UINT8, Shape.SCALAR);
        number.setLong(0, value);
        return products.builder().constant(gather.name() + suffix, number);
    }

    private String read(String suffix, Tensor stored) {
        String constant = products.builder().constant(gather.input(0) + suffix, stored);
        return products.add(gather.name() + suffix, gather.op(), constant, gather.input(1));
    }

    private String toFloat(String suffix, String value) {
        return products.add(gather.name() + suffix, Cast.to(DType.FLOAT32), value);
    }

    private String add(String suffix, BinaryFunction function, String a, String b) {
        return products.add(gather.name() + suffix, new Binary(function), a, b);
    }

    private void finish(String suffix, BinaryFunction function, String a, String b) {
        products.addNode(gather.name() + suffix, new Binary(function), List.of(a, b), gather.output());
    }
}
