/// What to quantize, and how.
package dev.octet.quantize.spec;
