/// Contracts of the inner loops.
package dev.octet.kernels;
