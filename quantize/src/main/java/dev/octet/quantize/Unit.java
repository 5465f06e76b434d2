package dev.octet.quantize;

import dev.octet.graph.Node;
import java.util.List;

/// Nodes between which nothing is rounded: an operator and its epilogue.
record Unit(List<Node> nodes) {}
