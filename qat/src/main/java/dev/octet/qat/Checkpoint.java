package dev.octet.qat;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/// State of a training between two epochs, but for the optimizer's.
///
/// @param bestEpoch -1 if there is none yet
/// @param best the block's parameters after that epoch
/// @param parameters the block's parameters now
record Checkpoint(int nextEpoch, int bestEpoch, double bestLoss, byte[] best, byte[] parameters) {
    private static final int MAGIC = 0x4f514154;

    void write(DataOutputStream out) throws IOException {
        out.writeInt(MAGIC);
        out.writeInt(nextEpoch);
        out.writeInt(bestEpoch);
        out.writeDouble(bestLoss);
        for (byte[] bytes : new byte[][] {best, parameters}) {
            out.writeInt(bytes.length);
            out.write(bytes);
        }
    }

    static Checkpoint read(DataInputStream in) throws IOException {
        if (in.readInt() != MAGIC) {
            throw new IOException("it starts otherwise");
        }
        return new Checkpoint(in.readInt(), in.readInt(), in.readDouble(), bytes(in), bytes(in));
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
