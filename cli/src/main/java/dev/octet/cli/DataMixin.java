package dev.octet.cli;

import dev.octet.data.Data;
import dev.octet.data.DataOptions;
import dev.octet.data.SampleSource;
import dev.octet.data.image.ImagePreprocess;
import dev.octet.graph.ValueInfo;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options that say how data become tensors.
final class DataMixin {
    @Option(
            names = "--preprocess",
            paramLabel = "SETTINGS",
            description =
                    "for pictures: imagenet, or"
                            + " resize=WxH[:stretch|shortest|pad],crop=WxH,scale=F,mean=R:G:B,std=R:G:B,"
                            + "order=rgb|bgr,layout=nchw|nhwc")
    private @Nullable String preprocess;

    @Option(names = "--tokenizer", paramLabel = "FILE", description = "for text: a Hugging Face tokenizer.json")
    private @Nullable Path tokenizer;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "256",
            description = "for text: longer lines are cut (default: ${DEFAULT-VALUE})")
    private int maxTokens;

    @Option(names = "--limit", paramLabel = "N", description = "use only the first N samples")
    private @Nullable Integer limit;

    SampleSource open(Path path, List<ValueInfo> inputs) throws IOException {
        if (limit != null && limit < 1) {
            throw new UserException("--limit: expected at least 1, found " + limit);
        }
        if (maxTokens < 1) {
            throw new UserException("--max-tokens: expected at least 1, found " + maxTokens);
        }
        DataOptions options =
                new DataOptions(
                        preprocess == null ? ImagePreprocess.defaults() : ImagePreprocess.parse(preprocess),
                        tokenizer,
                        maxTokens);
        return Data.open(path, inputs, options);
    }

    /// The samples to use of a source.
    Dataset limited(Dataset source) {
        return limit == null ? source : source.limit(limit);
    }

    /// The labels of the samples to use, of those of all.
    Tensor limited(Tensor labels) {
        return limit == null || limit >= labels.elementCount()
                ? labels
                : Tensor.of(Shape.of(limit), Arrays.copyOf(labels.toFloatArray(), limit));
    }
}
