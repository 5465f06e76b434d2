/// JMH benchmarks, and whole models beside ONNX Runtime.
@NullMarked
package dev.octet.benchmarks;

import org.jspecify.annotations.NullMarked;
