/// A search for the scales with which the results of layers are most like those in float.
@NullMarked
package dev.octet.quantize.algorithm.scalesearch;

import org.jspecify.annotations.NullMarked;
