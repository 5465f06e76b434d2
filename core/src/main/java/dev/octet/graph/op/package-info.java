/// Operators: one record each, with its attributes, type rule and reference evaluation.
package dev.octet.graph.op;
