package dev.octet.qat;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/// State of a training between two epochs, but for the optimizer's.
///
/// @param fingerprint of the training whose state it is
/// @param parameters the block's parameters now
record Checkpoint(Fingerprint fingerprint, int nextEpoch, BestEpoch best, byte[] parameters) {
    void write(DataOutputStream out) throws IOException {
        fingerprint.write(out);
        out.writeInt(nextEpoch);
        EpochReport report = best.report();
        out.writeInt(report.epoch());
        out.writeDouble(report.loss());
        out.writeDouble(report.validationLoss());
        out.writeDouble(report.accuracy());
        for (byte[] bytes : new byte[][] {best.parameters(), parameters}) {
            out.writeInt(bytes.length);
            out.write(bytes);
        }
    }

    /// @param expected what the file's fingerprint has to be
    static Checkpoint read(DataInputStream in, Fingerprint expected) throws IOException {
        Fingerprint found = Fingerprint.read(in);
        expected.requireSame(found);
        int nextEpoch = in.readInt();
        EpochReport report = new EpochReport(in.readInt(), in.readDouble(), in.readDouble(), in.readDouble(), true);
        return new Checkpoint(found, nextEpoch, new BestEpoch(report, bytes(in)), bytes(in));
    }

    private static byte[] bytes(DataInputStream in) throws IOException {
        int length = in.readInt();
        byte[] bytes = in.readNBytes(Math.max(0, length));
        if (bytes.length != length) {
            throw new IOException("it is cut off");
        }
        return bytes;
    }
}
