package dev.octet.kernels.x64;

import dev.octet.kernels.x64.NativeScratch.Slot;
import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What the zero points of an integer product add to its columns; see [IntegerProduct].
interface IntegerColumns {
    /// For products of floats.
    IntegerColumns NONE = (product, first, end, inputs, scratch) -> {};

    /// Sets [ProductArgument#BIAS] and [ProductArgument#ZERO_POINTS] to the numbers of column `first` of a product.
    ///
    /// @param end column behind the last that is needed
    void set(int product, int first, int end, MemorySegment[] inputs, NativeScratch scratch);

    /// Known at compile time.
    ///
    /// @param bias of each product, with what A's zero point contributes
    /// @param shifted the same if 128 is added to A's bytes
    /// @param zeroPoints of B
    /// @param step columns from one product's zero points to the next product's
    record Constant(MemorySegment[] bias, MemorySegment[] shifted, MemorySegment zeroPoints, int step)
            implements IntegerColumns {
        @Override
        public void set(int product, int first, int end, MemorySegment[] inputs, NativeScratch scratch) {
            MemorySegment numbers = (scratch.shift() == 0 ? bias : shifted)[product];
            scratch.set(ProductArgument.BIAS, numbers.address() + 4L * first);
            scratch.set(ProductArgument.ZERO_POINTS, zeroPoints.address() + 4L * (product * step + first));
        }
    }

    /// Zero points that are constant or an input, one for all columns or one for each.
    ///
    /// @param input index of the input, or -1 if they are constant
    /// @param shift what is to be added to them, as to the bytes themselves
    record ZeroPoints(int[] constants, int input, DType dtype, int shift) {
        int at(int column, MemorySegment[] inputs) {
            if (input < 0) {
                return constants[constants.length == 1 ? 0 : column] + shift;
            }
            MemorySegment operand = inputs[input];
            byte value = operand.get(ValueLayout.JAVA_BYTE, operand.byteSize() == 1 ? 0 : column);
            return (dtype == DType.UINT8 ? value & 0xFF : value) + shift;
        }

        /// Whether rows of A have to be summed: unless all are zero.
        boolean correct() {
            return input >= 0 || Arrays.stream(shifted()).anyMatch(z -> z != 0);
        }

        /// Those that are constant.
        int[] shifted() {
            return Arrays.stream(constants).map(z -> z + shift).toArray();
        }

        /// @throws IllegalArgumentException if the input has neither one number nor one for each column
        void check(int columns, MemorySegment[] inputs) {
            if (input >= 0 && inputs[input].byteSize() != 1 && inputs[input].byteSize() != columns) {
                throw new IllegalArgumentException(
                        "zero points of B: expected 1 or " + columns + ", found " + inputs[input].byteSize());
            }
        }
    }

    /// `bias[n] − za·(sums[n] − k·zb[n])`, computed for each tile.
    ///
    /// @param n columns of a product
    /// @param bias of each product
    /// @param sums of each product's columns of B as it is stored; null if those of the tile are in [Slot#COLUMN_SUMS],
    ///   with `excess` too much
    /// @param step columns from one product's zero points to the next product's
    record Computed(
            int n,
            int[][] bias,
            int @Nullable [][] sums,
            int excess,
            int k,
            ZeroPoints left,
            ZeroPoints right,
            int step)
            implements IntegerColumns {
        /// Those of a product, where nothing depends on inputs.
        ///
        /// @param added to A's bytes
        int[] biases(int product, int added) {
            MemorySegment[] none = new MemorySegment[0];
            int[] productSums = Objects.requireNonNull(sums)[product];
            int[] biases = new int[n];
            for (int j = 0; j < n; j++) {
                int zeroB = right.at(product * step + j, none);
                biases[j] = bias[product][j] - (left.at(0, none) + added) * (productSums[j] - k * zeroB);
            }
            return biases;
        }

        @Override
        public void set(int product, int first, int end, MemorySegment[] inputs, NativeScratch scratch) {
            right.check(n, inputs);
            long bytes = ColumnData.bytes(end - first);
            MemorySegment tileBias = scratch.block(Slot.BIAS, bytes);
            MemorySegment tileZeros = scratch.block(Slot.ZERO_POINTS, bytes);
            MemorySegment tileSums = scratch.block(Slot.COLUMN_SUMS, bytes);
            int zeroA = left.at(0, inputs) + scratch.shift();
            int count = end - first;
            // Arrays are faster than segments until the JIT has compiled this.
            int[] numbers = scratch.numbers(2 * count);
            if (sums == null) {
                MemorySegment.copy(tileSums, ValueLayout.JAVA_INT, 0, numbers, 0, count);
            } else {
                System.arraycopy(sums[product], first, numbers, 0, count);
            }
            int[] productBias = bias[product];
            for (int j = 0; j < count; j++) {
                int zeroB = right.at(product * step + first + j, inputs);
                numbers[count + j] = zeroB;
                numbers[j] = productBias[first + j] - zeroA * (numbers[j] - excess - k * zeroB);
            }
            MemorySegment.copy(numbers, 0, tileBias, ValueLayout.JAVA_INT, 0, count);
            MemorySegment.copy(numbers, count, tileZeros, ValueLayout.JAVA_INT, 0, count);
            scratch.set(ProductArgument.BIAS, tileBias.address());
            scratch.set(ProductArgument.ZERO_POINTS, tileZeros.address());
        }
    }
}
