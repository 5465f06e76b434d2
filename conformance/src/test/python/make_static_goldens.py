"""Writes static.onnx and residual.onnx, small networks, and static.json: what ONNX Runtime's quantize_static makes of them.

Run from this folder with the packages onnx and onnxruntime 1.30:

    python make_static_goldens.py ../resources/dev/octet/conformance/onnxruntime

For each set of options, the operators that are quantized with the scales and zero points of their operands.
"""

import json
import logging
import pathlib
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

logging.disable(logging.WARNING)
FOLDER = pathlib.Path(sys.argv[1])
CASES = {
    "qdq": {},
    "qdq symmetric": dict(extra_options=dict(ActivationSymmetric=True)),
    "qdq channels": dict(per_channel=True),
    "qdq reduced": dict(reduce_range=True),
    "qdq without add": dict(nodes_to_exclude=["add"]),
    "qdq without matmul": dict(nodes_to_exclude=["matmul"]),
    "qoperator": dict(quant_format=QuantFormat.QOperator),
    "qoperator channels": dict(quant_format=QuantFormat.QOperator, per_channel=True),
    "qoperator reduced": dict(quant_format=QuantFormat.QOperator, reduce_range=True),
}

# Of the second network.
RESIDUAL = {
    "residual qdq": {},
    "residual qdq symmetric": dict(extra_options=dict(ActivationSymmetric=True)),
    "residual qdq unsigned": dict(activation_type=QuantType.QUInt8),
    "residual qdq restricted": dict(
        activation_type=QuantType.QUInt8, extra_options=dict(ActivationRestrictedAsymmetric=True)
    ),
    "residual qdq ranges": dict(extra_options=dict(MinimumRealRange=4.0)),
    "residual qdq without add": dict(nodes_to_exclude=["add"]),
    "residual qdq without conv2": dict(nodes_to_exclude=["conv2"]),
    "residual qdq without sigmoid": dict(nodes_to_exclude=["sigmoid"]),
    "residual qdq dedicated": dict(extra_options=dict(DedicatedQDQPair=True)),
    "residual qdq overrides": dict(
        extra_options=dict(
            TensorQuantOverrides={
                "x": [dict(scale=np.array(0.03, dtype=np.float32), zero_point=np.array(-3, dtype=np.int8))],
                "c2": [dict(symmetric=True)],
                "l": [dict(rmin=np.float32(-0.5), rmax=np.float32(2.5))],
                "w1": [dict(symmetric=False)],
                "w2": [dict(reduce_range=True)],
            }
        )
    ),
}

# Places of the scales; zero points follow them.
SCALES = {"QLinearConv": [1, 4, 6], "QLinearAdd": [1, 4, 6], "QLinearMatMul": [1, 4, 6], "QGemm": [1, 4, 7]}


def network():
    rng = np.random.default_rng(4)

    def normal(name, *shape):
        return numpy_helper.from_array((rng.standard_normal(shape) * 0.3).astype(np.float32), name)

    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], "conv1", pads=[1] * 4),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        helper.make_node("MaxPool", ["r1"], ["p"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["p", "w2", "b2"], ["c2"], "conv2", pads=[1] * 4),
        helper.make_node("Relu", ["c2"], ["r2"], "relu2"),
        helper.make_node("Add", ["r2", "p"], ["s"], "add"),
        helper.make_node("Flatten", ["s"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["g"], "gemm", transB=1),
        helper.make_node("MatMul", ["g", "w4"], ["y"], "matmul"),
    ]
    weights = [
        normal("w1", 4, 3, 3, 3),
        normal("b1", 4),
        normal("w2", 4, 4, 3, 3),
        normal("b2", 4),
        normal("w3", 10, 64),
        normal("b3", 10),
        normal("w4", 10, 6),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 6])
    graph = helper.make_graph(nodes, "static", [x], [y], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def residual():
    """Branches that meet, islands of what the tool does not know, and what it rounds by itself."""
    rng = np.random.default_rng(8)

    def normal(name, *shape):
        return numpy_helper.from_array((rng.standard_normal(shape) * 0.3).astype(np.float32), name)

    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], "conv1", pads=[1] * 4),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], "conv2", pads=[1] * 4),
        helper.make_node("Add", ["c2", "r1"], ["a"], "add"),
        helper.make_node("Relu", ["a"], ["r2"], "relu2"),
        helper.make_node("Sigmoid", ["r2"], ["s"], "sigmoid"),
        helper.make_node("Mul", ["r2", "s"], ["m"], "mul"),
        helper.make_node("LeakyRelu", ["c2"], ["l"], "leaky", alpha=0.1),
        helper.make_node("Concat", ["m", "l"], ["cat"], "concat", axis=1),
        helper.make_node("AveragePool", ["cat"], ["ap"], "average", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Abs", ["ap"], ["abs"], "abs"),
        helper.make_node("Transpose", ["abs"], ["t"], "transpose", perm=[0, 2, 3, 1]),
        helper.make_node("Abs", ["t"], ["abs2"], "abs2"),
        helper.make_node("Mul", ["abs2", "k"], ["scaled"], "scaled"),
        helper.make_node("Tanh", ["scaled"], ["th"], "tanh"),
        helper.make_node("Add", ["th", "abs2"], ["sum"], "sum"),
        helper.make_node("Transpose", ["sum"], ["back"], "back", perm=[0, 3, 1, 2]),
        helper.make_node("GlobalAveragePool", ["back"], ["g"], "global"),
        helper.make_node("Flatten", ["g"], ["f"], "flatten"),
        helper.make_node("MatMul", ["f", "w3"], ["mm"], "matmul"),
        helper.make_node("Softmax", ["mm"], ["y"], "softmax"),
    ]
    weights = [
        normal("w1", 4, 3, 3, 3),
        normal("b1", 4),
        normal("w2", 4, 4, 3, 3),
        normal("b2", 4),
        normal("k", 8),
        normal("w3", 8, 6),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 6])
    graph = helper.make_graph(nodes, "residual", [x], [y], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


class Samples(CalibrationDataReader):
    """Four samples; element i of sample s is ((37·i + 11·s + 5) mod 101 − 50)/25."""

    def __init__(self):
        i = np.arange(192)
        self.left = [
            dict(x=(((37 * i + 11 * s + 5) % 101 - 50) / np.float32(25)).astype(np.float32).reshape(1, 3, 8, 8))
            for s in range(4)
        ]

    def get_next(self):
        return self.left.pop(0) if self.left else None


def operands(graph, excluded):
    """Of each node that reads integers: its name, and scales and zero points by place of the operand.

    Relu is none, since it goes where a zero point does its work.
    """
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    producers = {o: n for n in graph.node for o in n.output}

    def parameters(scale, zero_point):
        zeros = constants[zero_point] if zero_point else np.zeros_like(constants[scale])
        return dict(
            scale=[float(s) for s in constants[scale].reshape(-1).astype(np.float64)],
            zero=[int(z) for z in zeros.reshape(-1)],
        )

    results = []
    for node in graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear", "Relu") or node.name in excluded:
            continue
        found = {}
        for place, name in enumerate(node.input):
            source = producers.get(name)
            if source is not None and source.op_type == "DequantizeLinear":
                found[place] = parameters(source.input[1], source.input[2] if len(source.input) > 2 else "")
            elif place in SCALES.get(node.op_type, []):
                found[place] = parameters(name, node.input[place + 1])
        if found or node.op_type in ("MaxPool", "Flatten"):
            results.append(dict(type=node.op_type, name=node.name.removesuffix("_quant"), operands=found))
    return results


FOLDER.mkdir(parents=True, exist_ok=True)
onnx.save(network(), FOLDER / "static.onnx")
onnx.save(residual(), FOLDER / "residual.onnx")
cases = []
for title, options in {**CASES, **RESIDUAL}.items():
    with tempfile.TemporaryDirectory() as folder:
        source = FOLDER / ("residual.onnx" if title in RESIDUAL else "static.onnx")
        target = pathlib.Path(folder) / "quantized.onnx"
        settings = dict(activation_type=QuantType.QInt8, weight_type=QuantType.QInt8, quant_format=QuantFormat.QDQ)
        quantize_static(source, target, Samples(), **{**settings, **options})
        graph = onnx.load(target).graph
        cases.append(
            dict(
                name=title,
                model=source.name,
                pairs=sum(n.op_type == "QuantizeLinear" for n in graph.node),
                nodes=operands(graph, options.get("nodes_to_exclude", [])),
            )
        )
text = json.dumps(dict(onnxruntime="1.30.0", cases=cases), separators=(",", ":"))
(FOLDER / "static.json").write_text(text.replace('{"name"', '\n{"name"').replace('{"type"', '\n {"type"') + "\n")
