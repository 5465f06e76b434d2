/// Quantization-aware training: graphs as blocks of DJL, with fake quantization, and back to graphs.
package dev.octet.qat;
