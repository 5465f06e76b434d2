package dev.octet.kernels;

import dev.octet.quant.CodedRows;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;

/// A matrix of few bits as plain numbers, and as it is stored.
///
/// @param codes `[n][k]`
/// @param scales `[n][block]`
/// @param zeroPoints `[n][block]`
record CodedMatrix(int n, int k, int block, int[][] codes, float[][] scales, float[][] zeroPoints, CodedRows rows) {
    /// One with any number of bits, any size of blocks, and zero points of each kind.
    static CodedMatrix random(Random random, int n, int k) {
        int bits = 2 << random.nextInt(3);
        int block = 8 / bits * (1 + random.nextInt(random.nextBoolean() ? 4 : 40));
        int blocks = Math.ceilDiv(k, block);
        int kind = random.nextInt(3);
        int[][] codes = new int[n][k];
        float[][] scales = new float[n][blocks];
        float[][] zeroPoints = new float[n][blocks];
        for (int row = 0; row < n; row++) {
            Arrays.setAll(codes[row], _ -> random.nextInt(1 << bits));
            for (int b = 0; b < blocks; b++) {
                scales[row][b] = random.nextFloat() - 0.5f;
                zeroPoints[row][b] =
                        switch (kind) {
                            case 0 -> 1 << (bits - 1);
                            case 1 -> random.nextInt(1 << bits);
                            default -> random.nextFloat() * (1 << bits);
                        };
            }
        }
        Tensor packed = Tensor.allocate(DType.UINT8, Shape.of(n, blocks, block * bits / 8));
        for (int row = 0; row < n; row++) {
            for (int p = 0; p < k; p++) {
                put(packed, ((long) row * blocks * block + p) * bits, codes[row][p]);
            }
        }
        Tensor zeros = kind == 0 ? null : kind == 2 ? flat(zeroPoints) : packedZeroPoints(zeroPoints, bits);
        CodedRows rows = new CodedRows(k, bits, block, packed, flat(scales), zeros);
        return new CodedMatrix(n, k, block, codes, scales, zeroPoints, rows);
    }

    private static void put(Tensor bytes, long bit, int code) {
        bytes.setCode(bit / 8, bytes.getCode(bit / 8) | code << bit % 8);
    }

    private static Tensor packedZeroPoints(float[][] zeroPoints, int bits) {
        int bytes = Math.ceilDiv(zeroPoints[0].length * bits, 8);
        Tensor packed = Tensor.allocate(DType.UINT8, Shape.of(zeroPoints.length, bytes));
        for (int row = 0; row < zeroPoints.length; row++) {
            for (int b = 0; b < zeroPoints[row].length; b++) {
                put(packed, 8L * row * bytes + (long) b * bits, (int) zeroPoints[row][b]);
            }
        }
        return packed;
    }

    private static Tensor flat(float[][] rows) {
        Tensor tensor = Tensor.allocate(DType.FLOAT32, Shape.of(rows.length, rows[0].length));
        for (int i = 0; i < tensor.elementCount(); i++) {
            tensor.setFloat(i, rows[i / rows[0].length][i % rows[0].length]);
        }
        return tensor;
    }

    /// Products of `m` rows with the matrix; magnitudes are those of the terms before zero points are subtracted.
    ProductReference.Sums product(double[] a, int m) {
        double[] sums = new double[m * n];
        double[] magnitudes = new double[m * n];
        for (int e = 0; e < sums.length; e++) {
            int row = e % n;
            for (int p = 0; p < k; p++) {
                double x = a[e / n * k + p] * scales[row][p / block];
                sums[e] += x * (codes[row][p] - zeroPoints[row][p / block]);
                magnitudes[e] += Math.abs(x) * (codes[row][p] + zeroPoints[row][p / block]);
            }
        }
        return new ProductReference.Sums(sums, magnitudes);
    }
}
