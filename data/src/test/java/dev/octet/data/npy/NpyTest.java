package dev.octet.data.npy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.data.DataException;
import dev.octet.data.Golden;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NpyTest {
    @TempDir Path folder;

    @Test
    void readsWhatNumPyWrote() throws IOException {
        Tensor tensor = Npy.read(Golden.file("float32.npy"));
        assertThat(tensor.dtype()).isEqualTo(DType.FLOAT32);
        assertThat(tensor.shape()).isEqualTo(Shape.of(3, 2, 5));
        // numpy.random.default_rng(7).standard_normal
        assertThat(tensor.getFloat(0)).isEqualTo(0.0012301534f);
        assertThat(Npy.read(Golden.file("scalar.npy")).getDouble(0)).isEqualTo(2.5);
    }

    @Test
    void turnsBigEndianElements() throws IOException {
        Tensor tensor = Npy.read(Golden.file("big_endian.npy"));
        assertThat(tensor.dtype()).isEqualTo(DType.INT32);
        assertThat(tensor.toLongArray()).isEqualTo(LongStream.range(0, 6).toArray());
    }

    @Test
    void refusesWhatItCannotRepresent() {
        assertThatThrownBy(() -> Npy.read(Golden.file("fortran.npy")))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("Fortran order");
        assertThatThrownBy(() -> Npy.read(Golden.file("objects.npy")))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("'|O'");
        assertThatThrownBy(() -> Npy.read(Golden.file("picture.png")))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("not a .npy array");
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            mode = EnumSource.Mode.MATCH_NONE,
            names = {"BFLOAT16", "FLOAT[48][EM].*", "U?INT[24]"})
    void writesWhatItReads(DType dtype) throws IOException {
        Tensor tensor = Tensor.allocate(dtype, Shape.of(2, 3));
        for (int i = 0; i < 6; i++) {
            tensor.setLong(i, i);
        }
        Path file = folder.resolve("x.npy");
        Npy.write(tensor, file);
        Tensor read = Npy.read(file);
        assertThat(read.dtype()).isEqualTo(dtype);
        assertThat(read.shape()).isEqualTo(tensor.shape());
        assertThat(read.toLongArray()).isEqualTo(tensor.toLongArray());
    }

    @Test
    void damagedFilesGiveOneKindOfError() throws IOException {
        byte[] sound = Files.readAllBytes(Golden.file("float32.npy"));
        Random random = new Random(11);
        for (int i = 0; i < 2000; i++) {
            byte[] damaged = i % 2 == 0 ? Arrays.copyOf(sound, random.nextInt(sound.length)) : sound.clone();
            for (int flips = random.nextInt(4); flips > 0 && damaged.length > 0; flips--) {
                damaged[random.nextInt(Math.min(damaged.length, 128))] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                Tensor tensor = Npy.read(damaged, "damaged " + i);
                assertThat(tensor.byteSize()).isLessThanOrEqualTo(damaged.length);
            } catch (DataException e) {
                assertThat(e).hasMessageContaining("damaged " + i);
            }
        }
    }

    @Test
    void readsArchives() throws IOException {
        Map<String, Tensor> arrays = Npz.read(Golden.file("samples.npz"));
        assertThat(arrays).containsOnlyKeys("x", "ids");
        assertThat(arrays.get("x").shape()).isEqualTo(Shape.of(4, 2, 3));
        assertThatThrownBy(() -> Npz.read(Golden.file("picture.png")))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("not a .npz archive");
    }
}
