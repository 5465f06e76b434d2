/// Integer-only inference with TFLite's numbers: against TFLite's reference kernels, and proofs that no float takes
/// part.
@NullMarked
package dev.octet.conformance.tflite;

import org.jspecify.annotations.NullMarked;
