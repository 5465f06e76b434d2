package dev.octet.kernels.portable;

import dev.octet.kernels.OutputStage;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The end of an integer product: adds the bias to the sums and applies an [OutputStage].
final class IntegerStore implements RowStore {
    /// What a stage does with a row of complete sums.
    private interface Stage {
        void store(
                int[] sums,
                int n,
                int row,
                int block,
                long element,
                MemorySegment[] inputs,
                MemorySegment output,
                Scratch scratch);
    }

    private final int @Nullable [] rowBias;
    private final int @Nullable [][] columnBias;
    private final Stage stage;

    private IntegerStore(int @Nullable [] rowBias, int @Nullable [][] columnBias, Stage stage) {
        this.rowBias = rowBias;
        this.columnBias = columnBias;
        this.stage = stage;
    }

    /// For a product whose channels are rows.
    static IntegerStore rows(int @Nullable [] bias, OutputStage stage) {
        return new IntegerStore(bias == null ? null : bias.clone(), null, stage(stage, PerChannel::rows));
    }

    /// For a product whose channels are columns, in blocks of `width`.
    static IntegerStore columns(int @Nullable [] bias, OutputStage stage, int width) {
        int[][] cut = null;
        if (bias != null) {
            cut = new int[Math.ceilDiv(bias.length, width)][];
            for (int i = 0; i < cut.length; i++) {
                cut[i] = Arrays.copyOfRange(bias, i * width, Math.min(bias.length, (i + 1) * width));
            }
        }
        return new IntegerStore(null, cut, stage(stage, values -> PerChannel.columns(values, width)));
    }

    private static Stage stage(OutputStage stage, Function<float[], PerChannel> channels) {
        return switch (stage) {
            case OutputStage.Accumulator _ ->
                    (sums, n, row, block, element, inputs, output, scratch) ->
                            MemorySegment.copy(sums, 0, output, ValueLayout.JAVA_INT_UNALIGNED, 4 * element, n);
            case OutputStage.Dequantize d -> dequantize(channels.apply(d.scales()), Activation.of(d.epilogue()));
            case OutputStage.Rescale r -> {
                float[] bias = r.bias();
                yield rescale(
                        channels.apply(r.scales()),
                        bias == null ? null : channels.apply(bias),
                        Activation.of(r.epilogue()));
            }
            case OutputStage.Requantize r when r.epilogue().isNone() -> {
                float[] multipliers = new float[r.scales().length];
                for (int c = 0; c < multipliers.length; c++) {
                    multipliers[c] = r.multiplier(c);
                }
                yield requantize(
                        channels.apply(multipliers), Activation.NONE, 1, ByteRounding.of(r.dtype(), r.zeroPoint()));
            }
            case OutputStage.Requantize r ->
                    requantize(
                            channels.apply(r.scales()),
                            Activation.of(r.epilogue()),
                            r.outputScale(),
                            ByteRounding.of(r.dtype(), r.zeroPoint()));
        };
    }

    private static Stage dequantize(PerChannel scales, Activation activation) {
        return (sums, n, row, block, element, inputs, output, scratch) -> {
            float[] values = scratch.floats(Slot.VALUES, n);
            toFloat(sums, values, n);
            scales.multiply(values, n, row, block);
            activation.apply(values, n, scratch);
            MemorySegment.copy(values, 0, output, ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * element, n);
        };
    }

    /// The factor that depends on the data is the last input.
    private static Stage rescale(PerChannel scales, @Nullable PerChannel bias, Activation activation) {
        return (sums, n, row, block, element, inputs, output, scratch) -> {
            float[] values = scratch.floats(Slot.VALUES, n);
            toFloat(sums, values, n);
            float factor = inputs[inputs.length - 1].get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
            scales.multiply(values, n, row, block, factor);
            if (bias != null) {
                bias.addTo(values, n, row, block);
            }
            activation.apply(values, n, scratch);
            MemorySegment.copy(values, 0, output, ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * element, n);
        };
    }

    private static Stage requantize(
            PerChannel factors, Activation activation, float outputScale, ByteRounding rounding) {
        return (sums, n, row, block, element, inputs, output, scratch) -> {
            float[] values = scratch.floats(Slot.VALUES, n);
            toFloat(sums, values, n);
            factors.multiply(values, n, row, block);
            activation.apply(values, n, scratch);
            if (outputScale != 1) {
                for (int j = 0; j < n; j++) {
                    values[j] /= outputScale;
                }
            }
            rounding.store(values, n, output, element, scratch);
        };
    }

    @Override
    public void store(
            float[] sums,
            int @Nullable [] carried,
            int n,
            int row,
            int block,
            long element,
            MemorySegment[] inputs,
            MemorySegment output,
            Scratch scratch) {
        int[] complete = carried;
        if (complete == null) {
            complete = scratch.ints(Slot.VALUES, n);
            Arrays.fill(complete, 0, n, 0);
        }
        carry(sums, complete, n);
        if (rowBias != null) {
            add(complete, n, rowBias[row]);
        } else if (columnBias != null) {
            add(complete, n, columnBias[block]);
        }
        stage.store(complete, n, row, block, element, inputs, output, scratch);
    }

    /// Adds integer-valued sums of one block of steps to those of the blocks before.
    static void carry(float[] sums, int[] carried, int n) {
        for (int j = 0; j < n; j++) {
            carried[j] += (int) sums[j];
        }
    }

    private static void add(int[] sums, int n, int addend) {
        for (int j = 0; j < n; j++) {
            sums[j] += addend;
        }
    }

    private static void add(int[] sums, int n, int[] addends) {
        for (int j = 0; j < n; j++) {
            sums[j] += addends[j];
        }
    }

    private static void toFloat(int[] sums, float[] values, int n) {
        for (int j = 0; j < n; j++) {
            values[j] = sums[j];
        }
    }
}
