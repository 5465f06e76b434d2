package dev.octet.quantize.spec;

/// An exception from a [QuantizationSpec] for some nodes.
public record NodeRule(NodeSelector selector, NodeConfig config) {}
