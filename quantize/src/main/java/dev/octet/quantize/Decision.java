package dev.octet.quantize;

import dev.octet.graph.Node;

/// Whether a node is quantized, and why.
///
/// @param reason one clause for people, such as "its weights are not constant"
public record Decision(Node node, boolean quantized, String reason) {}
