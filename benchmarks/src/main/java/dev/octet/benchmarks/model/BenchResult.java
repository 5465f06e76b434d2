package dev.octet.benchmarks.model;

/// The time of one form of a network on one runtime.
///
/// @param form `float`, `int8` or `int8-dynamic`
/// @param gmacs multiply-accumulate operations per second, in 10⁹, as Octet counts them for the float form
/// @param peer median over the rounds of the time of the fastest form on ONNX Runtime over this one's: above 1, this is
///   faster than the best of ONNX Runtime
public record BenchResult(
        String network,
        String engine,
        String form,
        int threads,
        double medianMillis,
        double minMillis,
        double gmacs,
        double peer) {}
