package dev.octet.data.npy;

import dev.octet.data.DataException;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/// Named arrays in NumPy's `.npz` format: a zip of `.npy` files.
public final class Npz {
    /// Deflate cannot shrink data more than about 1:1032; what claims more is no array of a sound file.
    private static final long MAX_EXPANSION = 1100;

    private Npz() {}

    /// All arrays by name, in the file's order.
    ///
    /// @throws DataException if the file is no zip, or an entry is no array
    public static Map<String, Tensor> read(Path file) throws IOException {
        Map<String, Tensor> arrays = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                String source = file + "!" + entry.getName();
                if (!entry.getName().endsWith(".npy")) {
                    throw new DataException(source + ": expected a .npy array");
                }
                long limit = Math.min(entry.getSize(), Math.max(entry.getCompressedSize(), 64) * MAX_EXPANSION);
                String name = entry.getName().substring(0, entry.getName().length() - ".npy".length());
                try (InputStream in = zip.getInputStream(entry)) {
                    arrays.put(name, Npy.read(in, source, limit));
                }
            }
        } catch (ZipException e) {
            throw new DataException(file + ": not a .npz archive (" + e.getMessage() + ")", e);
        }
        return arrays;
    }
}
