package dev.octet.formula;

/// A function of one FLOAT32 number.
@FunctionalInterface
public interface FloatFunction {
    float apply(float x);
}
