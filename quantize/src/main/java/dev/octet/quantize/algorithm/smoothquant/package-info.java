/// Moves the difficulty of quantizing from activations to weights.
@NullMarked
package dev.octet.quantize.algorithm.smoothquant;

import org.jspecify.annotations.NullMarked;
