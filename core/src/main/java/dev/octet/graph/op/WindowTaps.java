package dev.octet.graph.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The positions of a window, each with the loop over all elements that it links.
///
/// A window links the elements of a small plane (the output of a convolution or pooling, the input of a transposed
/// convolution) to those of a large one: `large = small·stride + k·dilation − padBegin` along each axis. Links that
/// fall into the padding are left out.
///
/// @param taps in row-major order of the window
/// @param smallElements elements of the small plane
/// @param largeElements elements of the large plane
record WindowTaps(List<Tap> taps, int smallElements, int largeElements) {
    /// More than any model has; the reference evaluation keeps a loop for each.
    private static final int MAX_TAPS = 1 << 22;

    /// One position of the window.
    ///
    /// @param loop over the small plane (array 0) and the large plane (array 1)
    record Tap(StridedLoop loop, long smallStart, long largeStart) {
        void forEachRow(StridedLoop.Row row) {
            loop.forEachRow(row, smallStart, largeStart);
        }
    }

    static WindowTaps ofSliding(WindowGeometry geometry) {
        return of(geometry, false);
    }

    static WindowTaps ofTransposed(WindowGeometry geometry) {
        return of(geometry, true);
    }

    private static WindowTaps of(WindowGeometry geometry, boolean transposed) {
        int rank = geometry.rank();
        long[] small = new long[rank];
        long[] large = new long[rank];
        long[] kernel = new long[rank];
        for (int i = 0; i < rank; i++) {
            WindowGeometry.Axis axis = geometry.axis(i);
            small[i] = transposed ? axis.input() : axis.output();
            large[i] = transposed ? axis.output() : axis.input();
            kernel[i] = axis.kernel();
        }
        List<Tap> taps = new ArrayList<>();
        long[] position = new long[rank];
        long count = product(kernel);
        if (count > MAX_TAPS) {
            throw Inference.mismatch("positions of a window", "at most " + MAX_TAPS, count);
        }
        for (long tap = 0; tap < count; tap++) {
            taps.add(tap(geometry, position, small, large));
            for (int i = rank - 1; i >= 0 && ++position[i] == kernel[i]; i--) {
                position[i] = 0;
            }
        }
        return new WindowTaps(taps, Extents.arrayLength(product(small)), Extents.arrayLength(product(large)));
    }

    private static Tap tap(WindowGeometry geometry, long[] position, long[] small, long[] large) {
        int rank = geometry.rank();
        long[] extents = new long[rank];
        long[] smallStrides = new long[rank];
        long[] largeStrides = new long[rank];
        long smallStart = 0;
        long largeStart = 0;
        long smallStride = 1;
        long largeStride = 1;
        for (int i = rank - 1; i >= 0; i--) {
            WindowGeometry.Axis axis = geometry.axis(i);
            long shift = position[i] * axis.dilation() - axis.padBegin();
            long first = Math.max(0, Math.ceilDiv(-shift, axis.stride()));
            long end = Math.min(small[i], Math.floorDiv(large[i] - 1 - shift, axis.stride()) + 1);
            extents[i] = Math.max(0, end - first);
            smallStrides[i] = smallStride;
            largeStrides[i] = largeStride * axis.stride();
            smallStart += first * smallStride;
            largeStart += (first * axis.stride() + shift) * largeStride;
            smallStride *= small[i];
            largeStride *= large[i];
        }
        return new Tap(StridedLoop.of(extents, smallStrides, largeStrides), smallStart, largeStart);
    }

    private static long product(long[] extents) {
        return Arrays.stream(extents).reduce(1, Extents::multiply);
    }
}
