package dev.octet.quantize;

/// How a tensor of a prepared graph is quantized, and why.
///
/// @param value its name
/// @param integers the integers that stand for its values, and which of them share a scale, such as `UINT8 [0, 127] per
///   tensor`
/// @param source where its scales come from, such as an observer
/// @param reason one clause for people
public record TensorDecision(String value, String integers, String source, String reason) {}
