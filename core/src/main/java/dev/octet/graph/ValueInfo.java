package dev.octet.graph;

/// A named value with its type: an input or an output of a [Graph].
public record ValueInfo(String name, TypeInfo type, Metadata metadata) {
    public ValueInfo(String name, TypeInfo type) {
        this(name, type, Metadata.EMPTY);
    }
}
