package dev.octet.quantize.calibration;

/// Where a [CalibrationTable] comes from.
///
/// @param octet version of Octet
/// @param model hash of the graph that was calibrated, in hexadecimal
/// @param spec name of the specification
/// @param data description of the data
/// @param samples how many samples were run
/// @param date when, as ISO-8601 in UTC
public record Provenance(String octet, String model, String spec, String data, long samples, String date) {}
