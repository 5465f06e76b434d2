/// The one representation of a model: an immutable graph of operations over named values.
package dev.octet.graph;
