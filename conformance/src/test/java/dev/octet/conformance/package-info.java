/// Tests across modules: architecture rules, and ONNX Runtime as the judge of operators and whole models.
@NullMarked
package dev.octet.conformance;

import org.jspecify.annotations.NullMarked;
