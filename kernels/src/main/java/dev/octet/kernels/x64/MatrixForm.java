package dev.octet.kernels.x64;

import dev.octet.kernels.MatMulGeometry;
import java.util.Arrays;
import java.util.List;

/// Where the matrices of a constant B lie: all that packing takes from a product's geometry, so that products with any
/// number of rows share what is packed.
///
/// @param offsets of each batch entry's matrix
record MatrixForm(int n, int k, List<Long> offsets, int stride, boolean transposed) {
    static MatrixForm of(MatMulGeometry g) {
        return new MatrixForm(g.n(), g.k(), Arrays.stream(g.batchOffsetsB()).boxed().toList(), g.strideB(), g.transB());
    }
}
