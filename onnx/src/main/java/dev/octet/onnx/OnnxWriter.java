package dev.octet.onnx;

import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Graph;
import dev.octet.graph.Metadata;
import dev.octet.graph.Node;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.OperatorSetIdProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Writes graphs as ONNX models.
///
/// A model that was read and not changed means the same when it is written; constants become initializers, and
/// operators the form of the operator set that is written. What the file said beyond that ([Metadata]) is written back.
public final class OnnxWriter {
    private static final String PRODUCER = "octet";

    private OnnxWriter() {}

    /// Writes with [WriteOptions#defaults].
    public static void write(Graph graph, Path file) throws IOException {
        write(graph, file, WriteOptions.defaults());
    }

    /// Writes the model, and beside it its weights where the options say so. A file of that name is replaced at the
    /// end, if all went well.
    ///
    /// @throws dev.octet.graph.GraphException if an operator cannot be written: a fused form that only Octet runs, or
    ///   one that the operator set does not have
    public static void write(Graph graph, Path file, WriteOptions options) throws IOException {
        Encoded encoded = encode(graph, options);
        boolean external = encoded.weightBytes > options.externalDataThreshold();
        ModelOutput.write(file, encoded.model, encoded.graph, encoded.weights, external);
    }

    /// The model with all its weights as the bytes of a file.
    ///
    /// @throws dev.octet.graph.GraphException as [#write]
    public static byte[] toBytes(Graph graph) {
        Encoded encoded = encode(graph, WriteOptions.defaults());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ModelOutput.write(Channels.newChannel(bytes), encoded.model, encoded.graph, encoded.weights);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /// A model in the parts in which it is written.
    ///
    /// @param model without graph
    /// @param graph without weights
    private record Encoded(ModelProto model, GraphProto graph, List<ModelOutput.Weight> weights, long weightBytes) {}

    private static Encoded encode(Graph graph, WriteOptions options) {
        int opset = OpsetRequirement.choose(graph, options.opset());
        GraphWriter writer = new GraphWriter(graph, opset);
        GraphProto encoded = writer.write(Map.of()).build();
        List<ModelOutput.Weight> weights = new ArrayList<>();
        long bytes = 0;
        for (Map.Entry<String, Tensor> constant : writer.constants().entrySet()) {
            TensorProto header =
                    TensorWriter.header(constant.getValue())
                            .mergeFrom(writer.constantRemainder(constant.getKey()))
                            .build();
            weights.add(new ModelOutput.Weight(header, constant.getValue()));
            bytes += constant.getValue().byteSize();
        }
        return new Encoded(model(graph, opset), encoded, weights, bytes);
    }

    /// Everything but the graph.
    private static ModelProto model(Graph graph, int opset) {
        Metadata metadata = graph.metadata();
        ModelProto.Builder model = GraphWriter.remainder(metadata).toBuilder().clearGraph();
        model.setIrVersion(Math.max(model.getIrVersion(), OpsetRequirement.irVersion(opset)));
        if (!model.hasProducerName()) {
            model.setProducerName(PRODUCER);
        }
        if (!metadata.documentation().isEmpty()) {
            model.setDocString(metadata.documentation());
        }
        model.addAllMetadataProps(GraphWriter.properties(metadata));
        Map<String, Integer> opsets = new LinkedHashMap<>(graph.opsets());
        usedDomains(graph, opsets);
        opsets.put("", opset);
        opsets.forEach((domain, version) ->
                model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version)));
        return model.build();
    }

    /// Adds version 1 of the domains that operators have without the graph importing them.
    private static void usedDomains(Graph graph, Map<String, Integer> opsets) {
        for (Node node : graph.nodes()) {
            opsets.putIfAbsent(node.op().domain(), 1);
            node.op()
                    .attributes()
                    .asMap()
                    .values()
                    .forEach(v -> {
                        if (v instanceof GraphValue subgraph) {
                            usedDomains(subgraph.value(), opsets);
                        }
                    });
        }
    }
}
