package dev.octet.graph;

/// Text of errors about files that anybody may have made.
public final class ErrorText {
    private static final int LONGEST = 1500;

    private ErrorText() {}

    /// The text, or its beginning and end if it is long: a hostile file has names of any length.
    public static String brief(String text) {
        int half = LONGEST / 2;
        return text.length() <= LONGEST ? text : text.substring(0, half) + " … " + text.substring(text.length() - half);
    }
}
