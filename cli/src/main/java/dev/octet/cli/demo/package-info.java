/// What `octet demo` shows: a sentence embedding network, quantized and compared with itself in float.
package dev.octet.cli.demo;
