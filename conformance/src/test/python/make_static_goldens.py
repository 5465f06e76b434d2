"""Writes small networks, and static.json: what ONNX Runtime's quantize_static makes of them.

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
from onnx import TensorProto, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

import static_networks

logging.disable(logging.WARNING)
FOLDER = pathlib.Path(sys.argv[1])
STATIC = {
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
    "residual qdq floatbias": dict(extra_options=dict(QuantizeBias=False)),
    "residual qoperator": dict(quant_format=QuantFormat.QOperator),
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

# Of those with everything that the tool has a rule for.
ALL = {
    "qdq": {},
    "qdq symmetric": dict(extra_options=dict(ActivationSymmetric=True)),
    "qdq channels": dict(per_channel=True),
    "qdq unsigned": dict(activation_type=QuantType.QUInt8),
    "qdq reduced": dict(reduce_range=True),
}

# Of the last of them.
OPTIONS = {
    "qdq asymmetric": dict(extra_options=dict(WeightSymmetric=False)),
    "qdq unsignedweights": dict(activation_type=QuantType.QUInt8, weight_type=QuantType.QUInt8),
    "qdq averages": dict(extra_options=dict(CalibMovingAverage=True)),
    "qdq entropy": dict(calibrate_method=CalibrationMethod.Entropy),
    "qdq percentile": dict(calibrate_method=CalibrationMethod.Percentile),
    "qdq types": dict(op_types_to_quantize=["Conv", "Add", "LeakyRelu", "Gemm"]),
    "qdq wide": dict(activation_type=QuantType.QInt16),
    "qdq wideunsigned": dict(activation_type=QuantType.QUInt16),
    "qdq wideweights": dict(activation_type=QuantType.QUInt16, weight_type=QuantType.QInt16),
    "qdq overrides": dict(
        extra_options=dict(
            TensorQuantOverrides={
                "w1": [dict(axis=0)],
                "b1": [dict(symmetric=False)],
                "bg": [dict(quant_type=QuantType.QUInt8, symmetric=False)],
                "one": [dict(rmin=-1.0, rmax=2.0)],
                "wg": [dict(scale=np.array(0.01, dtype=np.float32), zero_point=np.array(0, dtype=np.int8))],
            }
        )
    ),
    "qoperator": dict(quant_format=QuantFormat.QOperator),
    "qoperator unsigned": dict(quant_format=QuantFormat.QOperator, activation_type=QuantType.QUInt8),
}

CASES = {
    static_networks.network: STATIC,
    static_networks.residual: RESIDUAL,
    static_networks.encoder: {"encoder " + title: options for title, options in ALL.items()},
    static_networks.operators: {"operators " + title: options for title, options in {**ALL, **OPTIONS}.items()},
}

# Places of the scales; zero points follow them.
SCALES = {
    "QLinearConv": [1, 4, 6],
    "QLinearAdd": [1, 4, 6],
    "QLinearMul": [1, 4, 6],
    "QLinearMatMul": [1, 4, 6],
    "QGemm": [1, 4, 7],
    "QLinearConcat": [0, 3, 6],
    "QLinearLeakyRelu": [1, 3],
    "QLinearSigmoid": [1, 3],
    "QLinearSoftmax": [1, 3],
    "QLinearAveragePool": [1, 3],
    "QLinearGlobalAveragePool": [1, 3],
}


def array(info, sample):
    """Element i of a float is ((37·i + 11·sample + 5) mod 101 − 50)/25, of an integer (7·i + 3·sample) mod 11; a truth
    value is (5·i + sample) mod 7 < 4."""
    shape = [d.dim_value for d in info.type.tensor_type.shape.dim]
    i = np.arange(np.prod(shape))
    values = {
        TensorProto.FLOAT: (((37 * i + 11 * sample + 5) % 101 - 50) / np.float32(25)).astype(np.float32),
        TensorProto.INT64: (7 * i + 3 * sample) % 11,
        TensorProto.BOOL: (5 * i + sample) % 7 < 4,
    }
    return values[info.type.tensor_type.elem_type].reshape(shape)


class Samples(CalibrationDataReader):
    """Four samples."""

    def __init__(self, model):
        self.left = [{v.name: array(v, s) for v in model.graph.input} for s in range(4)]

    def get_next(self):
        return self.left.pop(0) if self.left else None


def operands(graph, excluded):
    """Of each node that reads integers: its name, and scales and zero points by place of the operand."""
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
        if node.op_type in ("QuantizeLinear", "DequantizeLinear") or node.name in excluded:
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
cases = []
for network, sets in CASES.items():
    model = network()
    source = FOLDER / (model.graph.name + ".onnx")
    onnx.save(model, source)
    for title, options in sets.items():
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder) / "quantized.onnx"
            settings = dict(activation_type=QuantType.QInt8, weight_type=QuantType.QInt8, quant_format=QuantFormat.QDQ)
            quantize_static(source, target, Samples(model), **{**settings, **options})
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
