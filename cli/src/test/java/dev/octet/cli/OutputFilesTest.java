package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OutputFilesTest {
    @Test
    void plainNamesStay() {
        assertThat(OutputFiles.names(List.of("logits", "hidden.0", "a-b_c")).values())
                .containsExactly("logits", "hidden.0", "a-b_c");
    }

    @Test
    void oddCharactersBecomeUnderscores() {
        assertThat(OutputFiles.names(List.of("/model/out:0", "größe", "")).values())
                .containsExactly("_model_out_0", "gr__e", "_");
    }

    @Test
    void namesThatWouldMeetAreNumberedInOrder() {
        assertThat(OutputFiles.names(List.of("a/b", "a:b", "a_b", "a b")))
                .containsEntry("a_b", "a_b")
                .containsEntry("a/b", "a_b-2")
                .containsEntry("a:b", "a_b-3")
                .containsEntry("a b", "a_b-4");
        assertThat(OutputFiles.names(List.of("a/b", "a_b", "a_b-2"))).containsEntry("a/b", "a_b-3");
    }

    @Test
    void caseAloneMakesNoDifference() {
        assertThat(OutputFiles.names(List.of("Y", "y")).values()).containsExactly("Y", "y-2");
    }

    @Test
    void longNamesAreCutAndStayDifferent() {
        String start = "n".repeat(300);
        var names = OutputFiles.names(List.of(start + "a", start + "b", "../../etc/passwd", ".."));
        assertThat(names.values()).allSatisfy(n -> assertThat(n).hasSizeLessThan(210).doesNotContain("/"));
        assertThat(names.values().stream().map(n -> n.toLowerCase(Locale.ROOT)).collect(Collectors.toSet())).hasSize(4);
    }
}
