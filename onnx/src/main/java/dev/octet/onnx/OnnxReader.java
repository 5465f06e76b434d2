package dev.octet.onnx;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.OperatorSetIdProto;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads ONNX models of any operator set of the standard up to [GraphBuilder#LATEST_OPSET], brought to the form of
/// that. Files of newer ones are refused: what their operators mean is not known.
///
/// Weights are not copied: they are read-only views of the mapped file, or of files beside it (`external_data`), so a
/// file must not change in place while a graph made of it is in use. Operators that Octet does not know are kept as
/// they are ([dev.octet.graph.op.Opaque]), and so is whatever else the file says; [OnnxWriter] writes it back.
public final class OnnxReader {
    private OnnxReader() {}

    /// @throws OnnxFormatException if the file is not a valid model
    /// @throws IOException if it cannot be read
    public static Graph read(Path file) throws IOException {
        try {
            return read(MappedFile.map(file), file.toAbsolutePath().getParent(), file.toString());
        } catch (OnnxFormatException e) {
            throw e.within(file.toString());
        }
    }

    /// Reads a model from memory; it can have no external data.
    ///
    /// @throws OnnxFormatException if it is not a valid model
    public static Graph read(byte[] model) {
        MemorySegment copy = Arena.ofAuto().allocate(Math.max(model.length, 1)).asSlice(0, model.length);
        copy.copyFrom(MemorySegment.ofArray(model));
        return read(copy.asReadOnly(), null, "the model");
    }

    private static Graph read(MemorySegment bytes, @Nullable Path folder, String name) {
        ModelProto model = ModelParser.parseModel(bytes);
        if (!model.hasGraph()) {
            throw new OnnxFormatException("not an ONNX model: it has no graph");
        }
        TensorReader tensors = new TensorReader(bytes, new ExternalData(folder));
        GraphReader.Model shared =
                new GraphReader.Model(opsets(model.getOpsetImportList(), name), tensors, new LocalFunctions(model));
        return new GraphReader(shared, model.getGraph(), null).read(Remainders.of(model));
    }

    /// @param name of what imports them
    static Map<String, Integer> opsets(List<OperatorSetIdProto> imports, String name) {
        Map<String, Integer> opsets = new LinkedHashMap<>();
        for (OperatorSetIdProto opset : imports) {
            String domain = NodeReader.domain(opset.getDomain());
            long version = opset.getVersion();
            if (version < 1 || version > Integer.MAX_VALUE || opsets.putIfAbsent(domain, (int) version) != null) {
                throw new OnnxFormatException(
                        "operator set '"
                                + opset.getDomain()
                                + "': expected one positive version, found "
                                + imports.stream()
                                        .filter(o -> NodeReader.domain(o.getDomain()).equals(domain))
                                        .map(OperatorSetIdProto::getVersion)
                                        .toList());
            }
        }
        int standard = opsets.getOrDefault("", 1);
        if (standard > GraphBuilder.LATEST_OPSET) {
            // Any operator may mean something else there.
            throw new OnnxFormatException(
                    "operator set "
                            + standard
                            + " of the standard: expected at most "
                            + GraphBuilder.LATEST_OPSET
                            + ", the newest that Octet knows");
        }
        return opsets;
    }
}
