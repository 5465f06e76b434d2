package dev.octet.cli;

/// How a model is quantized.
enum QuantizeMode {
    /// Ranges from data.
    STATIC,
    /// Ranges at run time.
    DYNAMIC,
    /// Products in float.
    WEIGHT_ONLY;

    static QuantizeMode named(String name) {
        return switch (name) {
            case "static" -> STATIC;
            case "dynamic" -> DYNAMIC;
            case "weight-only" -> WEIGHT_ONLY;
            default -> throw new UserException("--mode: expected static, dynamic or weight-only, found '" + name + "'");
        };
    }
}
