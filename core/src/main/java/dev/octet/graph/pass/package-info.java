/// Functions from graph to graph, and inference of types.
package dev.octet.graph.pass;
