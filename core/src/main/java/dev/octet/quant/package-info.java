/// Quantization arithmetic: parameters, rounding, exact scalar formulas.
package dev.octet.quant;
