/// Off-heap tensors: element types, shapes, memory.
package dev.octet.tensor;
