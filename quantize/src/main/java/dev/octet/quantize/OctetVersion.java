package dev.octet.quantize;

/// The version of Octet that runs.
final class OctetVersion {
    private OctetVersion() {}

    /// From the jar's manifest; `development` where classes do not come from a jar.
    static String current() {
        String version = OctetVersion.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
