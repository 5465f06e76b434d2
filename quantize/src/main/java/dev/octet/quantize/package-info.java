/// Turns float graphs into quantized ones.
package dev.octet.quantize;
