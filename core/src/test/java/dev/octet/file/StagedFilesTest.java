package dev.octet.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class StagedFilesTest {
    @TempDir Path folder;

    @Test
    void filesTakeTheirPlacesTogether() throws IOException {
        Path old = Files.writeString(folder.resolve("old"), "before");
        Path fresh = folder.resolve("fresh");
        try (StagedFiles files = new StagedFiles()) {
            files.write(old, file -> Files.writeString(file, "after"));
            files.write(fresh, file -> Files.writeString(file, "new"));
            assertThat(old).hasContent("before");
            assertThat(fresh).doesNotExist();
            files.commit();
        }
        assertThat(old).hasContent("after");
        assertThat(fresh).hasContent("new");
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("old", "fresh");
    }

    @Test
    void withoutCommitNothingChanges() throws IOException {
        Path old = Files.writeString(folder.resolve("old"), "before");
        try (StagedFiles files = new StagedFiles()) {
            files.write(old, file -> Files.writeString(file, "after"));
            files.write(folder.resolve("fresh"), file -> Files.writeString(file, "new"));
        }
        assertThat(old).hasContent("before");
        assertThat(folder.toFile().list()).containsExactly("old");
    }

    @Test
    void aNameMayBeAsLongAsTheFileSystemAllows() throws IOException {
        Path place = folder.resolve("n".repeat(255));
        StagedFiles.replace(place, file -> Files.writeString(file, "x"));
        assertThat(place).hasContent("x");
    }

    @Test
    void aWrittenFileHasTheRightsOfAnyOther() throws IOException {
        Path place = folder.resolve("staged");
        StagedFiles.replace(place, file -> Files.writeString(file, "x"));
        Path other = Files.writeString(folder.resolve("other"), "x");
        assertThat(Files.getPosixFilePermissions(place)).isEqualTo(Files.getPosixFilePermissions(other));
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void aDeviceIsNotReplaced() {
        assertThatThrownBy(() -> StagedFiles.requireWritable(Path.of("/dev/null")))
                .isInstanceOf(FileSystemException.class)
                .hasMessage("/dev/null: a device or pipe, where a file is to be written");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFolderOfTheSystemTakesNoFiles() {
        assertThatThrownBy(() -> StagedFiles.requireWritable(Path.of("/proc/x")))
                .isInstanceOf(FileSystemException.class)
                .hasMessageStartingWith("/proc/x");
    }

    @Test
    void aFailedWriteNamesThePlaceAndLeavesNothing() throws IOException {
        Path place = Files.writeString(folder.resolve("place"), "before");
        for (StagedFiles.Writer writer :
                List.<StagedFiles.Writer>of(StagedFilesTest::fillDisk, StagedFilesTest::miss)) {
            assertThatThrownBy(() -> StagedFiles.replace(place, writer))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(place + ": cannot be written")
                    .hasMessageNotContaining(".tmp");
            assertThat(place).hasContent("before");
            assertThat(folder.toFile().list()).containsExactly("place");
        }
    }

    private static void fillDisk(Path file) throws IOException {
        Files.writeString(file, "half of it");
        throw new IOException("No space left on device");
    }

    private static void miss(Path file) throws IOException {
        Files.delete(file);
    }

    @Test
    void placesThatCannotBeWrittenAreNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");
        assertThatThrownBy(() -> StagedFiles.requireWritable(folder))
                .isInstanceOf(FileSystemException.class)
                .hasMessage(folder + ": a folder, where a file is to be written");
        assertThatThrownBy(() -> StagedFiles.requireWritable(folder.resolve("missing/x")))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(folder.resolve("missing/x") + ": its folder does not exist");
        assertThatThrownBy(() -> StagedFiles.requireWritable(file.resolve("x")))
                .isInstanceOf(NotDirectoryException.class)
                .hasMessageContaining(file.toString());
    }
}
