/// Random quantized networks, and what ONNX Runtime computes from them.
@NullMarked
package dev.octet.conformance.qdq;

import org.jspecify.annotations.NullMarked;
