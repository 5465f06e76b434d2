package dev.octet.graph.op;

import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;

/// The order of a tensor's elements: of numbers, with both zeros equal and NaN above all others.
final class ElementOrder {
    private ElementOrder() {}

    /// Less than, equal to or greater than 0 as element `i` is to element `j`.
    static int compare(Tensor x, long i, long j) {
        if (x.dtype().isFloating()) {
            double a = x.getDouble(i);
            double b = x.getDouble(j);
            return a < b ? -1 : a > b ? 1 : a == b ? 0 : Boolean.compare(Double.isNaN(a), Double.isNaN(b));
        }
        long a = x.getLong(i);
        long b = x.getLong(j);
        return x.dtype() == DType.UINT64 ? Long.compareUnsigned(a, b) : Long.compare(a, b);
    }
}
