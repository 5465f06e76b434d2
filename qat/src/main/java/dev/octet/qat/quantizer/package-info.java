/// Fake quantization: values rounded as integers would be, with gradients that pass through the rounding.
package dev.octet.qat.quantizer;
