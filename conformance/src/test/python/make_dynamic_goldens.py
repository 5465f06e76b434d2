"""Writes dynamic.onnx, a network of every layer it knows, and dynamic.json: what ONNX Runtime's quantize_dynamic makes of it.

Run from this folder with the packages onnx and onnxruntime 1.30:

    python make_dynamic_goldens.py ../resources/dev/octet/conformance/onnxruntime

For each set of options, the operators that read integers: what they read, and their weights.
"""

import json
import logging
import pathlib
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

logging.disable(logging.WARNING)
FOLDER = pathlib.Path(sys.argv[1])
CASES = {
    "default": {},
    "channels": dict(per_channel=True),
    "reduced": dict(reduce_range=True),
    "channels reduced": dict(per_channel=True, reduce_range=True),
    "unsigned": dict(weight_type=QuantType.QUInt8),
    "without conv": dict(nodes_to_exclude=["conv"]),
    "without attention": dict(nodes_to_exclude=["attention"]),
    "without lstm": dict(nodes_to_exclude=["lstm"]),
    "bodies": dict(extra_options=dict(EnableSubgraph=True, MatMulConstBOnly=True)),
    "products": dict(extra_options=dict(MatMulConstBOnly=False)),
}

# Places of the weights with scale and zero point, by operator; of integers that are activations.
WEIGHTS = {
    "MatMulInteger": [(1, None, 3)],
    "ConvInteger": [(1, None, 3)],
    "DynamicQuantizeLSTM": [(1, 8, 9), (2, 10, 11)],
    "QAttention": [(1, 4, 7)],
    "Gather": [(0, None, None)],
}


def network():
    rng = np.random.default_rng(6)

    def normal(name, *shape):
        return numpy_helper.from_array((rng.standard_normal(shape) * 0.3).astype(np.float32), name)

    def value(name, shape, kind=TensorProto.FLOAT):
        return helper.make_tensor_value_info(name, kind, shape)

    inner = [
        helper.make_node("MatMul", ["m", "w_inner"], ["inner_product"], "inner"),
    ]
    then = helper.make_graph(inner, "then", [], [value("inner_product", None)], [normal("w_inner", 8, 8)])
    otherwise = helper.make_graph(
        [helper.make_node("Identity", ["m"], ["same"], "same_node")], "else", [], [value("same", None)]
    )
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["e"], "gather"),
        helper.make_node("Transpose", ["e"], ["et"], "transpose", perm=[0, 2, 1]),
        helper.make_node("MatMul", ["e", "w_e"], ["me"], "of_table"),
        helper.make_node("MatMul", ["et", "w_et"], ["met"], "of_transposed"),
        helper.make_node("Relu", ["met"], ["y_transposed"], "relu"),
        helper.make_node("Add", ["me", "e"], ["sum"], "add"),
        helper.make_node("MatMul", ["sum", "w_sum"], ["y_sum"], "matmul"),
        helper.make_node("MatMul", ["sum", "y_sum_t"], ["y_pair"], "pair"),
        helper.make_node("Transpose", ["y_sum"], ["y_sum_t"], "turned", perm=[0, 2, 1]),
        helper.make_node("Gemm", ["v", "w_gemm", "b_gemm"], ["m"], "gemm", transB=1),
        helper.make_node("Gemm", ["v", "w_scaled", "b_gemm"], ["y_scaled"], "scaled", alpha=0.5),
        helper.make_node("If", ["c", ], ["y_if"], "if", then_branch=then, else_branch=otherwise),
        helper.make_node("Conv", ["image", "w_conv", "b_conv"], ["y_conv"], "conv", pads=[1] * 4),
        helper.make_node(
            "LSTM",
            ["e", "w_lstm", "r_lstm", "b_lstm"],
            ["y_lstm"],
            "lstm",
            direction="bidirectional",
            hidden_size=8,
        ),
        helper.make_node(
            "Attention",
            ["e", "w_attention", "b_attention"],
            ["y_attention"],
            "attention",
            domain="com.microsoft",
            num_heads=2,
        ),
    ]
    weights = [
        normal("table", 20, 16),
        normal("w_e", 16, 16),
        normal("w_et", 5, 7),
        normal("w_sum", 16, 16),
        normal("w_gemm", 8, 12),
        normal("b_gemm", 8),
        normal("w_scaled", 12, 8),
        normal("w_conv", 4, 3, 3, 3),
        normal("b_conv", 4),
        normal("w_lstm", 2, 32, 16),
        normal("r_lstm", 2, 32, 8),
        normal("b_lstm", 2, 64),
        normal("w_attention", 16, 48),
        normal("b_attention", 48),
    ]
    inputs = [
        value("ids", [2, 5], TensorProto.INT64),
        value("v", [3, 12]),
        value("image", [1, 3, 8, 8]),
        value("c", [], TensorProto.BOOL),
    ]
    outputs = [
        value("y_transposed", [2, 16, 7]),
        value("y_sum", [2, 5, 16]),
        value("y_pair", [2, 5, 5]),
        value("y_scaled", [3, 8]),
        value("y_if", [3, 8]),
        value("y_conv", [1, 4, 8, 8]),
        value("y_lstm", [2, 2, 5, 8]),
        value("y_attention", [2, 5, 16]),
    ]
    nodes[7], nodes[8] = nodes[8], nodes[7]
    graph = helper.make_graph(nodes, "dynamic", inputs, outputs, weights)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def numbers(tensor):
    return [float(v) for v in tensor.reshape(-1).astype(np.float64)]


def checksum(tensor):
    flat = tensor.reshape(-1).astype(np.int64)
    return int((flat * (np.arange(len(flat)) % 997 + 1)).sum())


class Reading:
    """The operators of a graph that read integers."""

    def __init__(self, graph, outer=None):
        self.graph = graph
        self.constants = dict(outer.constants if outer else {})
        self.constants.update({t.name: numpy_helper.to_array(t) for t in graph.initializer})
        self.producers = dict(outer.producers if outer else {})
        self.producers.update({o: n for n in graph.node for o in n.output})

    def source(self, name):
        """What integers are: those of a float value, or of a node that passes them on."""
        node = self.producers[name]
        return node.input[0] if node.op_type == "DynamicQuantizeLinear" else "node " + node.name.removesuffix("_quant")

    def weight(self, node, place, scale, zero):
        integers = self.constants[node.input[place]]
        base = node.input[place].removesuffix("_quantized")
        scales = self.constants[node.input[scale] if scale else base + "_scale"]
        zeros = self.constants[node.input[zero] if zero else base + "_zero_point"]
        return dict(
            dtype=str(integers.dtype).upper(),
            scale=numbers(scales),
            zero=[int(z) for z in zeros.reshape(-1)],
            checksum=checksum(integers),
        )

    def nodes(self):
        for node in self.graph.node:
            for attribute in node.attribute:
                if attribute.type == onnx.AttributeProto.GRAPH:
                    yield from Reading(attribute.g, self).nodes()
            places = [
                p
                for p in WEIGHTS.get(node.op_type, [])
                if node.input[p[0]] in self.constants and self.constants[node.input[p[0]]].dtype.itemsize == 1
            ]
            reads = [
                self.source(i)
                for i in node.input[:2]
                if node.op_type not in ("DequantizeLinear", "Cast", "Mul")
                and i in self.producers
                and (i.endswith("_quantized") or i.endswith("_quant"))
            ]
            if places or reads:
                yield dict(
                    type=node.op_type,
                    name=node.name.removesuffix("_quant").removesuffix("_MatMul"),
                    reads=reads,
                    weights=[self.weight(node, *p) for p in places],
                )


FOLDER.mkdir(parents=True, exist_ok=True)
model = network()
onnx.save(model, FOLDER / "dynamic.onnx")
cases = []
for title, options in CASES.items():
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder) / "quantized.onnx"
        quantize_dynamic(FOLDER / "dynamic.onnx", target, **options)
        cases.append(dict(name=title, nodes=list(Reading(onnx.load(target).graph).nodes())))
text = json.dumps(dict(onnxruntime="1.30.0", cases=cases), separators=(",", ":"))
(FOLDER / "dynamic.json").write_text(text.replace('{"name"', '\n{"name"').replace('{"type"', '\n {"type"') + "\n")
