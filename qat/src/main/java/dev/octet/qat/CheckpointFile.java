package dev.octet.qat;

import dev.octet.file.StagedFiles;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/// A file of a checkpoint: four bytes that say so, what is saved, and the CRC-32C of both, so that nothing of a damaged
/// file is used.
final class CheckpointFile {
    private static final int MAGIC = 0x4f514350;

    private CheckpointFile() {}

    /// What writes or reads what is saved.
    @FunctionalInterface
    interface Content<S, R> {
        R pass(S stream) throws IOException;
    }

    /// Replaces the file, whole or not at all.
    static void write(Path file, Content<DataOutputStream, ?> content) throws IOException {
        StagedFiles.replace(
                file,
                temporary -> {
                    CRC32C sum = new CRC32C();
                    try (DataOutputStream out =
                            new DataOutputStream(
                                    new BufferedOutputStream(
                                            new CheckedOutputStream(Files.newOutputStream(temporary), sum)))) {
                        out.writeInt(MAGIC);
                        content.pass(out);
                        out.flush();
                        out.writeLong(sum.getValue());
                    }
                });
    }

    /// Reads the file once it is known to be whole.
    ///
    /// @throws IOException naming the file, if it is none of this kind, damaged, or of another training
    static <R> R read(Path file, Content<DataInputStream, R> content) throws IOException {
        try {
            requireWhole(file);
            try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
                in.readInt();
                return content.pass(in);
            }
        } catch (EOFException e) {
            throw new IOException(file + ": not a checkpoint of this training: it is cut off", e);
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            throw new IOException(file + ": not a checkpoint of this training: " + e.getMessage(), e);
        }
    }

    private static void requireWhole(Path file) throws IOException {
        CRC32C sum = new CRC32C();
        try (DataInputStream in =
                new DataInputStream(new CheckedInputStream(new BufferedInputStream(Files.newInputStream(file)), sum))) {
            if (in.readInt() != MAGIC) {
                throw new IOException("it starts otherwise");
            }
            in.skipNBytes(Files.size(file) - Integer.BYTES - Long.BYTES);
            long found = sum.getValue();
            if (in.readLong() != found) {
                throw new IOException("its checksum is wrong, so it was cut off or changed");
            }
        }
    }
}
