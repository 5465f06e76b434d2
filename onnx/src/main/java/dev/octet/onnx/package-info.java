/// Reads and writes ONNX models.
package dev.octet.onnx;
