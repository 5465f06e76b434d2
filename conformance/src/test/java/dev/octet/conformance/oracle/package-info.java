/// Random small graphs of one operator each, and what ONNX Runtime computes from them.
@NullMarked
package dev.octet.conformance.oracle;

import org.jspecify.annotations.NullMarked;
