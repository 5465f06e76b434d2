/// JMH benchmarks, and whole models beside ONNX Runtime.
package dev.octet.benchmarks;
