/// ncnn's calibration tables.
package dev.octet.interop.ncnn;
