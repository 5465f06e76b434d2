package dev.octet.data;

/// Data that cannot be read or does not fit the model: the message names the file, what was expected and found.
public final class DataException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
