package dev.octet.cli.demo;

import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// What a network makes of the demo's documents and queries.
///
/// @param tokens of each document, `[1, tokens, length]`
/// @param documents a vector for each
/// @param found for each query, the index of the document nearest to it
record Reading(List<Tensor> tokens, List<float[]> documents, List<Integer> found) {
    static Reading of(SentenceEncoder encoder, List<String> documents, List<String> queries) throws Exception {
        List<Tensor> tokens = new ArrayList<>();
        for (String document : documents) {
            tokens.add(encoder.tokens(document));
        }
        List<float[]> vectors = tokens.stream().map(SentenceEncoder::mean).toList();
        List<Integer> found = new ArrayList<>();
        for (String query : queries) {
            found.add(nearest(SentenceEncoder.mean(encoder.tokens(query)), vectors));
        }
        return new Reading(tokens, vectors, found);
    }

    private static int nearest(float[] query, List<float[]> documents) {
        int best = 0;
        for (int i = 1; i < documents.size(); i++) {
            if (SentenceEncoder.cosine(query, documents.get(i)) > SentenceEncoder.cosine(query, documents.get(best))) {
                best = i;
            }
        }
        return best;
    }
}
