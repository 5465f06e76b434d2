/// Runs that feed observers.
package dev.octet.quantize.calibration;
