"""Writes types.json: integers of 2, 4, 8 and 16 bits as ONNX's own evaluation of QuantizeLinear and DequantizeLinear
and the scales of ONNX Runtime's tools have them, per tensor, along each axis and in blocks along each axis.

    python make_types.py

Needs numpy, onnx 1.23, onnxruntime 1.30. Floats are written as their 32 bits.
"""

import json
import pathlib

import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnxruntime.quantization.quant_utils import compute_scale_zp

random = np.random.default_rng(20240608)
TYPES = ["INT2", "UINT2", "INT4", "UINT4", "INT8", "UINT8", "INT16", "UINT16"]
SHAPE = (2, 4, 3)
BLOCK = 2


def bits(values):
    return np.asarray(values, np.float32).ravel().view(np.int32).tolist()


def limits(name):
    width = int(name.lstrip("UINT"))
    return (0, 2**width - 1) if name[0] == "U" else (-(2 ** (width - 1)), 2 ** (width - 1) - 1)


def evaluated(name, axis, block, x, scales, zeros):
    """Scales have the shape that the operators want."""
    kind = getattr(TensorProto, name)
    node = dict(axis=axis) if axis is not None else {}
    if block:
        node["block_size"] = block
    graph = helper.make_graph(
        [
            helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], **node),
            helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"], **node),
            helper.make_node("Cast", ["q"], ["i"], to=TensorProto.FLOAT),
        ],
        "types",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape),
         helper.make_tensor_value_info("i", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor("s", TensorProto.FLOAT, scales.shape, scales.ravel().tolist()),
         helper.make_tensor("z", kind, zeros.shape, zeros.ravel().tolist())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)])
    y, i = ReferenceEvaluator(model).run(None, {"x": x})
    return dict(q=i.astype(int).ravel().tolist(), dequantized=bits(y))


def tensors():
    cases = []
    for name in TYPES:
        low, high = limits(name)
        granularities = [(None, 0)] + [(axis, block) for axis in range(3) for block in (0, BLOCK)]
        for axis, block in granularities:
            shape = () if axis is None else (SHAPE[axis],)
            if block:
                shape = tuple(-(-n // block) if a == axis else n for a, n in enumerate(SHAPE))
            scales = random.uniform(0.5, 2, shape).astype(np.float32) * np.float32(4 / (high - low))
            zeros = random.integers(low // 2, high // 2 + 1, shape)
            x = (random.standard_normal(SHAPE) * 1.5).astype(np.float32)
            cases.append(
                dict(
                    dtype=name, axis=-1 if axis is None else axis, block=block, scales=bits(scales),
                    zeroPoints=np.ravel(zeros).tolist(), x=bits(x),
                    **evaluated(name, axis, block, x, np.asarray(scales), np.asarray(zeros)),
                )
            )
    return cases


def parameters():
    """compute_scale_zp takes the limits of any type."""
    cases = []
    for name, symmetric, low, high in [
        ("INT4", True, -8, 7), ("INT4", False, -8, 7), ("INT4", True, -4, 3), ("UINT4", False, 0, 15),
        ("UINT4", True, 0, 15), ("UINT4", False, 0, 7), ("INT2", True, -2, 1), ("INT2", False, -2, 1),
        ("UINT2", False, 0, 3), ("UINT16", False, 0, 32767), ("INT16", False, -16384, 16384),
    ]:
        ends = np.sort((random.standard_normal((2, 40)) * 10.0 ** random.uniform(-6, 4, 40)).astype(np.float32), axis=0)
        found = [
            compute_scale_zp(np.array(a), np.array(b), np.array(low, np.int32), np.array(high, np.int32), symmetric)
            for a, b in ends.T
        ]
        cases.append(
            dict(
                dtype=name, symmetric=int(symmetric), quantMin=low, quantMax=high, mins=bits(ends[0]),
                maxs=bits(ends[1]), scales=bits([s for _, s in found]), zeroPoints=[int(z) for z, _ in found],
            )
        )
    return cases


text = json.dumps(dict(tensors=tensors(), parameters=parameters()), separators=(",", ":"))
pathlib.Path(__file__).with_name("types.json").write_text(text.replace('{"dtype"', '\n{"dtype"') + "\n")
