/// Functions of floats as fixed sequences of operations, so that every way to compute one gives the same bits: plain
/// Java one number at a time, loops over arrays, generated machine code.
package dev.octet.formula;
