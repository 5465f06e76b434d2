package dev.octet.kernels.x64;

import java.util.Map;
import java.util.TreeMap;

/// A panel of bytes cut into groups of steps whose products with bytes up to 127 are added in 16 bits.
///
/// A 16-bit sum holds two products of each step of its group. It cannot overflow if 127 times the sum of its positive
/// bytes of B is below 2¹⁵, and likewise of the negative ones. Where that does not hold, bytes are taken out and
/// multiplied apart, as *exceptions*: steps that are widened at once, which is safe for any two bytes. So the result is
/// exact whatever B is, and what B is decides only how many exceptions there are.
///
/// @param steps `[step][column][4]`, exceptions set to zero
/// @param exceptions by step, `[column][4]`
/// @see Multiplication#WIDENED
record WideningPanel(byte[] steps, Map<Integer, byte[]> exceptions) {
    /// Most that the positive or the negative bytes of a 16-bit sum may add up to.
    private static final int LIMIT = Short.MAX_VALUE / 127;

    /// @param panel taken over
    /// @param group steps, a power of two; those after the last whole group stand alone
    static WideningPanel of(byte[] panel, int columns, int group) {
        WideningPanel result = new WideningPanel(panel, new TreeMap<>());
        int stepBytes = 4 * columns;
        int grouped = panel.length / stepBytes / group * group;
        for (int first = 0; first < grouped; first += group) {
            for (int pair = 0; pair < stepBytes; pair += 2) {
                result.limit(first, group, stepBytes, pair, 1);
                result.limit(first, group, stepBytes, pair, -1);
            }
        }
        return result;
    }

    /// Takes out bytes of one sign until the sum of those at `pair` over the group is small enough.
    private void limit(int first, int group, int stepBytes, int pair, int sign) {
        int excess = -LIMIT;
        for (int step = first; step < first + group; step++) {
            int at = step * stepBytes + pair;
            excess += Math.max(0, sign * steps[at]) + Math.max(0, sign * steps[at + 1]);
        }
        while (excess > 0) {
            int at = choose(first, group, stepBytes, pair, sign, excess);
            int step = at / stepBytes;
            excess -= sign * steps[at];
            exceptions.computeIfAbsent(step, _ -> new byte[stepBytes])[at % stepBytes] = steps[at];
            steps[at] = 0;
        }
    }

    /// The largest byte of a step that is an exception already, if that suffices; else the largest of all.
    private int choose(int first, int group, int stepBytes, int pair, int sign, int excess) {
        int best = -1;
        boolean bestSuffices = false;
        for (int i = 0; i < 2 * group; i++) {
            int step = first + i / 2;
            int at = step * stepBytes + pair + i % 2;
            boolean suffices = exceptions.containsKey(step) && sign * steps[at] >= excess;
            boolean larger = best < 0 || sign * steps[at] > sign * steps[best];
            if (suffices == bestSuffices ? larger : suffices) {
                best = at;
                bestSuffices = suffices;
            }
        }
        return best;
    }
}
