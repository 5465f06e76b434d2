package dev.octet.data;

import dev.octet.data.image.ImagePreprocess;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How data that is no array becomes tensors.
///
/// @param preprocess for pictures
/// @param tokenizer a Hugging Face `tokenizer.json` for text; null if the data are no text
/// @param maxTokens longer texts are cut
public record DataOptions(ImagePreprocess preprocess, @Nullable Path tokenizer, int maxTokens) {
    public static DataOptions defaults() {
        return new DataOptions(ImagePreprocess.defaults(), null, 256);
    }

    public DataOptions withTokenizer(Path newTokenizer) {
        return new DataOptions(preprocess, newTokenizer, maxTokens);
    }
}
