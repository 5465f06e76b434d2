package dev.octet.graph;

/// A graph that breaks a rule of [GraphVerifier] or of an operator: the message names the node or value, what was
/// expected and what was found.
public final class GraphException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public GraphException(String message) {
        super(ErrorText.brief(message));
    }

    public GraphException(String message, Throwable cause) {
        super(ErrorText.brief(message), cause);
    }
}
