package dev.octet.cli;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvInteger;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.QGemm;
import dev.octet.graph.op.QLinearConv;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Counts the multiply-accumulate operations of the matrix products and convolutions of one run.
final class Macs {
    private Macs() {}

    static double of(Graph graph, Map<String, Tensor> inputs) {
        Map<String, TypeInfo> types = new HashMap<>();
        inputs.forEach((name, tensor) -> types.put(name, TypeInfo.of(tensor)));
        Map<String, TypeInfo> all = ShapeInference.infer(graph, types).types();
        double sum = 0;
        for (Node node : graph.nodes()) {
            sum +=
                    switch (node.op()) {
                        case Conv _, ConvInteger _ -> convolution(all, node.output(), node.input(1));
                        case QLinearConv _ -> convolution(all, node.output(), node.input(3));
                        // Each input element meets every weight of its channel once.
                        case ConvTranspose _ -> elements(all, node.input(0)) * perChannel(all, node.input(1));
                        case MatMul _, MatMulInteger _ -> elements(all, node.output()) * last(all, node.input(0), 1);
                        case QLinearMatMul _ -> elements(all, node.output()) * last(all, node.input(0), 1);
                        case Gemm gemm ->
                                elements(all, node.output()) * last(all, node.input(0), gemm.transA() ? 2 : 1);
                        case QGemm gemm ->
                                elements(all, node.output()) * last(all, node.input(0), gemm.transA() ? 2 : 1);
                        default -> 0;
                    };
        }
        return sum;
    }

    private static double convolution(Map<String, TypeInfo> types, String output, String weights) {
        return elements(types, output) * perChannel(types, weights);
    }

    private static double perChannel(Map<String, TypeInfo> types, String weights) {
        Shape shape = shape(types, weights);
        return shape == null ? 0 : (double) shape.elementCount() / shape.dim(0);
    }

    private static double elements(Map<String, TypeInfo> types, String value) {
        Shape shape = shape(types, value);
        return shape == null ? 0 : shape.elementCount();
    }

    private static double last(Map<String, TypeInfo> types, String value, int fromEnd) {
        Shape shape = shape(types, value);
        return shape == null ? 0 : shape.dim(-fromEnd);
    }

    private static @Nullable Shape shape(Map<String, TypeInfo> types, String value) {
        TypeInfo type = types.get(value);
        PartialShape shape = type == null ? null : type.shape();
        return shape == null || !shape.isFixed() ? null : shape.toShape();
    }
}
