/// Samples for calibration and evaluation.
package dev.octet.data;
