package dev.octet.conformance.oracle;

import dev.octet.tensor.Tensor;
import dev.octet.test.TensorAssert;

/// How close an output must come: each element within `absolute + relative·|expected|`.
record Tolerance(double absolute, double relative) {
    /// The same bits.
    static final Tolerance EXACT = new Tolerance(0, 0);

    /// Integers that may be rounded the other way at a tie that float arithmetic moved.
    static final Tolerance ONE_STEP = new Tolerance(1, 0);

    /// One float function: what the last bits of an approximation differ by.
    static final Tolerance FUNCTION = new Tolerance(2e-6, 4e-6);

    /// Sums of products in another order.
    static final Tolerance SUM = new Tolerance(2e-5, 1e-5);

    void check(String value, Tensor actual, Tensor expected) {
        TensorAssert asserted = TensorAssert.assertThat(actual).as(value);
        // Integers and predicates have no last bits; a value of zero width compares exactly but for the sign of zero.
        if (!expected.dtype().isFloating() && absolute < 1) {
            asserted.isIdenticalTo(expected);
        } else {
            asserted.isCloseTo(expected, absolute, relative);
        }
    }
}
