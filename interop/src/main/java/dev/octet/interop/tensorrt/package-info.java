/// TensorRT's calibration caches.
package dev.octet.interop.tensorrt;
