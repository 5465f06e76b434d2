package dev.octet.cli.demo;

import dev.octet.cli.bench.BenchEngine;
import dev.octet.data.text.TextTokenizer;
import dev.octet.graph.Graph;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;

/// Turns sentences into vectors of unit length: the mean of the network's token vectors.
///
/// @see "Reimers and Gurevych, Sentence-BERT, 2019, section 3 (mean pooling)"
final class SentenceEncoder implements AutoCloseable {
    private final BenchEngine.Run network;
    private final TextTokenizer tokenizer;
    private final List<ValueInfo> inputs;
    private final String tokens;

    /// @param graph what the file holds
    /// @param tokenizer not owned
    /// @throws Exception whatever the engine throws
    SentenceEncoder(BenchEngine engine, Path model, Graph graph, TextTokenizer tokenizer, int threads)
            throws Exception {
        this.network = engine.open(model, threads);
        this.tokenizer = tokenizer;
        this.inputs = graph.inputs();
        // The first output holds a vector for each token, the second one a vector of the whole, which MiniLM does not
        // use.
        this.tokens = graph.outputs().getFirst().name();
    }

    /// The vectors of a sentence's tokens, `[1, tokens, length]`.
    Tensor tokens(String sentence) throws Exception {
        bind(sentence);
        Tensor vectors = network.outputs().get(tokens);
        if (vectors == null) {
            throw new IllegalStateException("the network did not return '" + tokens + "'");
        }
        return vectors;
    }

    /// Makes a sentence the one that [#run] runs.
    void bind(String sentence) throws Exception {
        network.bind(tokenizer.encode(sentence, inputs));
    }

    /// The network alone, without the tokenizer: what the demo times.
    void run() throws Exception {
        network.run();
    }

    /// The vector of a sentence from those of its tokens.
    ///
    /// @param vectors `[1, tokens, length]`
    static float[] mean(Tensor vectors) {
        int count = Math.toIntExact(vectors.shape().dim(1));
        int length = Math.toIntExact(vectors.shape().dim(2));
        double[] sum = new double[length];
        for (int t = 0; t < count; t++) {
            for (int i = 0; i < length; i++) {
                sum[i] += vectors.getFloat((long) t * length + i);
            }
        }
        double norm = 0;
        for (double s : sum) {
            norm += s * s;
        }
        float[] unit = new float[length];
        for (int i = 0; i < length; i++) {
            unit[i] = (float) (sum[i] / Math.sqrt(norm));
        }
        return unit;
    }

    static double cosine(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    @Override
    public void close() {
        network.close();
    }
}
