package dev.octet.onnx;

import dev.octet.graph.ErrorText;

/// A file that is not what the ONNX format says: the message names the file and the node, tensor or attribute, what was
/// expected and what was found.
public final class OnnxFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public OnnxFormatException(String message) {
        super(ErrorText.brief(message));
    }

    public OnnxFormatException(String message, Throwable cause) {
        super(ErrorText.brief(message), cause);
    }

    /// This error with the place that encloses the one it names.
    OnnxFormatException within(String place) {
        Throwable cause = getCause();
        String message = place + ": " + getMessage();
        OnnxFormatException wider =
                cause == null ? new OnnxFormatException(message) : new OnnxFormatException(message, cause);
        wider.setStackTrace(getStackTrace());
        return wider;
    }
}
