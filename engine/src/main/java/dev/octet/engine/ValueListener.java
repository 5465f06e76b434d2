package dev.octet.engine;

import dev.octet.tensor.Tensor;

/// Sees the watched values of one run ([SessionOptions#watchedValues], [SessionOptions#watchedElements]), each once, in
/// the order in which they are computed, on the thread that called [Session#run].
@FunctionalInterface
public interface ValueListener {
    /// Called right after the value has been computed.
    ///
    /// @param tensor valid only during the call: its memory is used again by later operations
    void accept(String value, Tensor tensor);
}
