/// ncnn's INT8 layers.
@NullMarked
package dev.octet.conformance.ncnn;

import org.jspecify.annotations.NullMarked;
