package dev.octet.graph;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a model file says that does not change what is computed: kept while a graph is transformed and written back.
///
/// @param properties free text by key (ONNX `metadata_props`), in the file's order
/// @param unknownFields encoded fields of the file format that the reader does not know, written back as they are;
///   never modified
public record Metadata(String documentation, Map<String, String> properties, byte[] unknownFields) {
    public static final Metadata EMPTY = new Metadata("", Map.of(), new byte[0]);

    public Metadata {
        properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
    }
}
