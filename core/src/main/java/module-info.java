import org.jspecify.annotations.NullMarked;

/// Tensors, number formats, graphs, and files written whole.
@NullMarked
module dev.octet.core {
    requires static org.jspecify;

    exports dev.octet.tensor;
    exports dev.octet.file;
    exports dev.octet.formula;
    exports dev.octet.quant;
    exports dev.octet.graph;
    exports dev.octet.graph.layer;
    exports dev.octet.graph.op;
    exports dev.octet.graph.pass;

    uses dev.octet.graph.op.ImageCodec;
}
