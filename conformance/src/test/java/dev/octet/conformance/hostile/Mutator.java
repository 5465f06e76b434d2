package dev.octet.conformance.hostile;

import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.test.Generator;
import java.util.List;

/// Draws hostile files: one to four changes of a valid one.
final class Mutator {
    private final List<HostileFile> corpus;
    private final List<String> operators;

    Mutator(List<HostileFile> corpus) {
        this.corpus = corpus;
        operators =
                corpus.stream()
                        .flatMap(f -> Corpus.parse(f.model()).getGraph().getNodeList().stream())
                        .map((NodeProto n) -> n.getDomain() + ":" + n.getOpType())
                        .distinct()
                        .sorted()
                        .toList();
    }

    /// The file of that number; the same one for the same seed.
    HostileFile draw(long seed, int index) {
        Generator g = Generator.caseOf(seed, index);
        HostileFile file = g.oneOf(corpus);
        if (g.integer(0, 9) == 0 && file.weights().length > 0) {
            file = file.withWeights("short weights", ByteMutation.apply(g, file.weights()));
        }
        if (g.integer(0, 3) == 0) {
            return file.changed("bytes changed", ByteMutation.apply(g, file.model()));
        }
        ModelProto model = Corpus.parse(file.model());
        FieldMutation fields = new FieldMutation(g, Corpus.parse(g.oneOf(corpus).model()));
        for (int i = g.integer(1, 3); i > 0; i--) {
            model = g.flip() ? new GraphMutation(g, model).apply(operators) : fields.apply(model);
        }
        return file.changed("fields changed", model.toByteArray());
    }
}
