package dev.octet.data.text;

import dev.octet.data.DataException;
import dev.octet.data.InputContract;
import dev.octet.data.SampleSource;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// A text file (UTF-8) whose lines that are not blank are samples.
public final class TextLines {
    private TextLines() {}

    /// @throws DataException if the text has no line or is not UTF-8, or the tokenizer is none
    public static SampleSource open(Path file, Path tokenizerFile, int maxTokens, InputContract contract)
            throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(file).stream().filter(l -> !l.isBlank()).toList();
        } catch (CharacterCodingException e) {
            throw new DataException(file + ": not UTF-8 text", e);
        }
        if (lines.isEmpty()) {
            throw new DataException(file + ": no lines of text");
        }
        return of(file.toString(), lines, TextTokenizer.open(tokenizerFile, maxTokens), contract);
    }

    /// @param description where the lines come from
    /// @param tokenizer closed with the source
    public static SampleSource of(
            String description, List<String> lines, TextTokenizer tokenizer, InputContract contract) {
        SampleSource samples =
                SampleSource.over(
                        description,
                        lines,
                        line -> contract.bind(tokenizer.encode(line, contract.inputs()), "text '" + line + "'"));
        return new SampleSource() {
            @Override
            public Iterator<Map<String, Tensor>> iterator() {
                return samples.iterator();
            }

            @Override
            public OptionalLong size() {
                return samples.size();
            }

            @Override
            public String description() {
                return samples.description();
            }

            @Override
            public void close() {
                tokenizer.close();
            }
        };
    }
}
