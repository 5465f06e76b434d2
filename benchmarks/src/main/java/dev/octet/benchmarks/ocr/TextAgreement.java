package dev.octet.benchmarks.ocr;

import java.util.Arrays;

/// How much of some reference readings other readings keep, counted in code points over all pairs together.
///
/// @param characters of the reference readings
/// @param kept of them, how many the other readings have, too, in the same order: longest common subsequences
/// @param edits insertions, deletions and substitutions that turn the reference readings into the others
/// @param charactersWithoutSpaces like `characters`, where spaces are left out of both readings
/// @param editsWithoutSpaces like `edits`, where spaces are left out of both readings
public record TextAgreement(int characters, int kept, int edits, int charactersWithoutSpaces, int editsWithoutSpaces) {
    /// Of no reading.
    public static final TextAgreement NONE = new TextAgreement(0, 0, 0, 0, 0);

    /// This, with one more pair of readings.
    public TextAgreement with(String reference, String other) {
        int[] a = reference.codePoints().toArray();
        int[] b = other.codePoints().toArray();
        int[] shortA = withoutSpaces(a);
        int[] shortB = withoutSpaces(b);
        return new TextAgreement(
                characters + a.length,
                kept + commonSubsequence(a, b),
                edits + editDistance(a, b),
                charactersWithoutSpaces + shortA.length,
                editsWithoutSpaces + editDistance(shortA, shortB));
    }

    /// Share of the reference's characters that are kept, in `[0, 1]`; 1 if there is none to keep.
    public double keptRatio() {
        return characters == 0 ? 1 : (double) kept / characters;
    }

    /// Character error rate: edits per character of the reference. More than 1 if the other readings are much longer.
    public double errorRate() {
        return rate(edits, characters);
    }

    /// Character error rate without spaces, as PaddleOCR's `RecMetric` counts by default.
    public double errorRateWithoutSpaces() {
        return rate(editsWithoutSpaces, charactersWithoutSpaces);
    }

    private static double rate(int edits, int characters) {
        return edits == 0 ? 0 : (double) edits / characters;
    }

    private static int[] withoutSpaces(int[] text) {
        return Arrays.stream(text).filter(c -> c != ' ').toArray();
    }

    /// @see "Wagner and Fischer, The String-to-String Correction Problem, 1974, section 4"
    private static int commonSubsequence(int[] a, int[] b) {
        int[] row = new int[b.length + 1];
        for (int c : a) {
            int diagonal = 0;
            for (int j = 1; j <= b.length; j++) {
                int above = row[j];
                row[j] = c == b[j - 1] ? diagonal + 1 : Math.max(above, row[j - 1]);
                diagonal = above;
            }
        }
        return row[b.length];
    }

    /// @see "Wagner and Fischer, The String-to-String Correction Problem, 1974, section 3"
    private static int editDistance(int[] a, int[] b) {
        int[] row = new int[b.length + 1];
        Arrays.setAll(row, j -> j);
        for (int c : a) {
            int diagonal = row[0]++;
            for (int j = 1; j <= b.length; j++) {
                int substituted = diagonal + (c == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length];
    }
}
