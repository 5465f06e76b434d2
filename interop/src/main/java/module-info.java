import org.jspecify.annotations.NullMarked;

/// Files of other systems: calibration tables and caches.
@NullMarked
module dev.octet.interop {
    requires static org.jspecify;
    requires transitive dev.octet.quantize;

    exports dev.octet.interop.ncnn;
    exports dev.octet.interop.tensorrt;
}
