package dev.octet.data.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.octet.data.DataException;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A Hugging Face tokenizer (`tokenizer.json`) that turns text into a transformer's inputs.
///
/// Owns native memory until it is closed.
public final class TextTokenizer implements AutoCloseable {
    private final HuggingFaceTokenizer tokenizer;

    private TextTokenizer(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /// @param maxLength longer texts are cut to so many tokens
    /// @throws DataException if the file is no tokenizer
    public static TextTokenizer open(Path file, int maxLength) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new DataException(
                    file + (Files.exists(file) ? ": a folder, not a tokenizer.json" : ": no such file"));
        }
        try {
            return new TextTokenizer(
                    HuggingFaceTokenizer.builder()
                            .optTokenizerPath(file)
                            .optTruncation(true)
                            .optPadding(false)
                            .optMaxLength(maxLength)
                            .build());
        } catch (RuntimeException e) {
            throw new DataException(file + ": not a Hugging Face tokenizer.json (" + e.getMessage() + ")", e);
        }
    }

    /// The inputs of one text, each `[1, tokens]` INT64, for those of `input_ids`, `attention_mask` and
    /// `token_type_ids` that the model has.
    ///
    /// @throws DataException if the model has another input
    public Map<String, Tensor> encode(String text, List<ValueInfo> inputs) {
        Encoding encoding = tokenizer.encode(text);
        Map<String, Tensor> sample = new LinkedHashMap<>();
        for (ValueInfo input : inputs) {
            long[] values =
                    switch (input.name()) {
                        case "input_ids" -> encoding.getIds();
                        case "attention_mask" -> encoding.getAttentionMask();
                        case "token_type_ids" -> encoding.getTypeIds();
                        default ->
                                throw new DataException(
                                        "text feeds input_ids, attention_mask and token_type_ids; the model has an"
                                                + " input '"
                                                + input.name()
                                                + "'");
                    };
            sample.put(input.name(), Tensor.of(Shape.of(1, values.length), values));
        }
        return sample;
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
