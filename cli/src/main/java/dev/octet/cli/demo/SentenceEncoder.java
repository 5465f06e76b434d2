package dev.octet.cli.demo;

import dev.octet.data.text.TextTokenizer;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Turns sentences into vectors of unit length: the mean of the network's token vectors.
///
/// @see "Reimers and Gurevych, Sentence-BERT, 2019, section 3 (mean pooling)"
final class SentenceEncoder implements AutoCloseable {
    private final Session session;
    private final TextTokenizer tokenizer;
    private final ValueInfo tokens;

    /// @param tokenizer not owned
    SentenceEncoder(Graph graph, TextTokenizer tokenizer, int threads) {
        this.session = Session.open(graph, SessionOptions.defaults().withThreads(threads));
        this.tokenizer = tokenizer;
        // The first output holds a vector for each token, the second one a vector of the whole, which MiniLM does not
        // use.
        this.tokens = graph.outputs().get(0);
    }

    List<ValueInfo> inputs() {
        return session.inputs();
    }

    float[] encode(String sentence) {
        return mean(run(tokenizer.encode(sentence, session.inputs())));
    }

    /// The network alone, without the tokenizer: what the demo times.
    Tensor run(Map<String, Tensor> sample) {
        Tensor result = session.run(sample).get(tokens.name());
        if (result == null) {
            throw new IllegalStateException("the network did not return '" + tokens.name() + "'");
        }
        return result;
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
        session.close();
    }
}
