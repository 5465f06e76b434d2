/// What each operator of a graph computes in training, on arrays that know their gradients.
package dev.octet.qat.op;
