package dev.octet.data.npy;

/// Keeps an exported package from being empty; delete it with the first real type.
final class Placeholder {
    private Placeholder() {}
}
