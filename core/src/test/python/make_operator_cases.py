"""Writes operator_cases.json: seeded cases of each operator, computed by ONNX's reference evaluator, and by ONNX
Runtime where that evaluator has gaps (convolutions and pools).

usage: make_operator_cases.py OUTPUT

Each case is one node: type, attributes, inputs and outputs. A tensor is [type, extents, base64 of its raw bytes].
"""

import base64
import json
import sys

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

OPSET = 24
rng = np.random.default_rng(20261122)
cases = []

TYPES = {
    np.dtype(np.float32): "FLOAT32",
    np.dtype(np.float64): "FLOAT64",
    np.dtype(np.float16): "FLOAT16",
    np.dtype(ml_dtypes.bfloat16): "BFLOAT16",
    np.dtype(ml_dtypes.int4): "INT4",
    np.dtype(ml_dtypes.uint4): "UINT4",
    np.dtype(np.int8): "INT8",
    np.dtype(np.uint8): "UINT8",
    np.dtype(np.int16): "INT16",
    np.dtype(np.uint16): "UINT16",
    np.dtype(np.int32): "INT32",
    np.dtype(np.uint32): "UINT32",
    np.dtype(np.int64): "INT64",
    np.dtype(np.uint64): "UINT64",
    np.dtype(np.bool_): "BOOL",
}
FLOATS = ["float32", "float64", "float16", ml_dtypes.bfloat16]
INTS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
ALL = FLOATS + INTS + ["bool"]


def encode(array):
    if array is None:
        return None
    array = np.asarray(array)
    if TYPES[array.dtype] in ("INT4", "UINT4"):
        nibbles = [int(v) & 15 for v in array.reshape(-1)] + [0]
        data = bytes(a | b << 4 for a, b in zip(nibbles[0:-1:2], nibbles[1::2]))
    else:
        data = np.ascontiguousarray(array).tobytes()
    return [TYPES[array.dtype], list(array.shape), base64.b64encode(data).decode()]


def attribute(value):
    if isinstance(value, float):
        return {"float": value}
    if isinstance(value, onnx.TensorProto):
        return {"tensor": encode(numpy_helper.to_array(value))}
    return value


def random(shape, dtype="float32", low=-4.0, high=4.0):
    dtype = np.dtype(dtype)
    if dtype == np.bool_:
        return rng.random(shape) < 0.5
    if dtype.kind in "iu" or TYPES[dtype] in ("INT4", "UINT4"):
        signed = dtype.kind == "i" or TYPES[dtype] == "INT4"
        # Small enough for sums to fit in 8 bits.
        return rng.integers(-7 if signed else 0, 8, shape).astype(dtype)
    return rng.uniform(low, high, shape).astype(dtype)


def ints(*values):
    return np.array(values, dtype=np.int64)


def evaluate(op, inputs, outputs, attributes, runtime, opset):
    names = ["" if x is None else f"i{i}" for i, x in enumerate(inputs)]
    node = helper.make_node(op, names, [f"o{i}" for i in range(outputs)], **attributes)
    infos = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(np.asarray(x).dtype), np.shape(x))
        for n, x in zip(names, inputs)
        if n
    ]
    results = [helper.make_empty_tensor_value_info(f"o{i}") for i in range(outputs)]
    graph = helper.make_graph([node], "case", infos, results)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    feeds = {n: x for n, x in zip(names, inputs) if n}
    if runtime:
        model.ir_version = 10
        return onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)
    found = ReferenceEvaluator(model).run(None, feeds)
    # NumPy widens the sums of small integers.
    return [y.astype(inputs[0].dtype) for y in found] if op.startswith("Reduce") else found


def case(op, *inputs, outputs=1, expected=None, runtime=False, opset=OPSET, **attributes):
    """Adds a case; `expected` overrides the evaluator, for types that it lacks."""
    inputs = [None if x is None else np.asarray(x) for x in inputs]
    found = evaluate(op, inputs, outputs, attributes, runtime, opset) if expected is None else expected
    cases.append(
        {
            "op": op,
            "attributes": {k: attribute(v) for k, v in attributes.items()},
            "inputs": [encode(x) for x in inputs],
            "outputs": [encode(np.asarray(y)) for y in found],
        }
    )


def elementwise():
    unary = (
        "Abs Acos Acosh Asin Asinh Atan Atanh Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish "
        "LeakyRelu Log Mish Neg Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Tan Tanh "
        "ThresholdedRelu Identity"
    )
    for op in unary.split():
        low, high = {"Acosh": (1, 5), "Asin": (-1, 1), "Acos": (-1, 1), "Atanh": (-0.9, 0.9)}.get(op, (-4, 4))
        if op in ("Log", "Sqrt"):
            low = 0.01
        case(op, random((3, 5), low=low, high=high))
        if op in ("Abs", "Neg", "Sign", "Relu", "Sigmoid", "Exp", "Tanh"):
            case(op, random((7,), "float64"))
            case(op, random((7,), "float16"))
    case("Round", np.array([0.5, 1.5, 2.5, -0.5, -1.5, 2.4], np.float32))
    case("Gelu", random((9,)), approximate="tanh")
    case("Celu", random((9,)), alpha=0.5)
    case("Elu", random((9,)), alpha=0.5)
    case("LeakyRelu", random((9,)), alpha=0.2)
    case("HardSigmoid", random((9,)), alpha=0.3, beta=0.4)
    case("Selu", random((9,)), alpha=1.5, gamma=1.1)
    case("ThresholdedRelu", random((9,)), alpha=0.7)
    case("Not", random((2, 3), "bool"))
    for dtype in ("int8", "int32", "int64"):
        case("Abs", random((6,), dtype))
        case("Neg", random((6,), dtype))
        case("Sign", random((6,), dtype))
        case("Relu", random((6,), dtype))
    shapes = [((2, 3, 4), (4,)), ((2, 1, 4), (3, 1)), ((), (3, 2)), ((5,), ()), ((2, 0, 3), (1, 3))]
    for i, op in enumerate(("Add", "Sub", "Mul", "Div", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual")):
        for a, b in shapes[: 5 if i < 2 else 2]:
            case(op, random(a), random(b))
        for dtype in INTS:
            b = random((4,), dtype)
            case(op, random((3, 4), dtype), np.where(b == 0, 3, b).astype(dtype) if op == "Div" else b)
        case(op, random((4,), "float16"), random((4,), "float16"))
    case("Div", np.array([-7, 7, -7], np.int32), np.array([2, -2, -2], np.int32))
    case("Equal", random((9,), "bool"), random((9,), "bool"))
    for op in ("And", "Or", "Xor"):
        case(op, random((2, 3), "bool"), random((3,), "bool"))
    case("Pow", random((3, 4), low=0.1), random((4,)))
    case("Pow", random((5,), "int32"), ints(0, 1, 2, 3, 4))
    case("Pow", np.array([3, -3, 10], np.int64), ints(39, 39, 18))
    case("Pow", random((5,), "float32", 0.5), np.array([2, 3, 1, 0, 4], np.int32))
    case("PRelu", random((2, 3, 4)), random((3, 1)))
    for dtype in ("int8", "int32", "uint8", "int64"):
        b = random((4,), dtype)
        b = np.where(b == 0, 3, b).astype(dtype)
        case("Mod", random((3, 4), dtype), b)
        case("Mod", random((3, 4), dtype), b, fmod=1)
    case("Mod", random((3, 4)), random((4,)), fmod=1)
    for op in ("Min", "Max", "Sum", "Mean"):
        case(op, random((2, 3)))
        case(op, random((2, 3)), random((3,)), random((2, 1)))
    for op in ("Min", "Max"):
        for dtype in ("int32", "int64", "uint64", "uint8", "float16"):
            case(op, random((2, 3), dtype), random((3,), dtype))
    case("Max", np.array([2**63 + 5, 1], np.uint64), np.array([7, 9], np.uint64))
    case("Where", random((2, 1, 3), "bool"), random((4, 1)), random((3,)))
    for dtype in ALL:
        case("Where", random((4,), "bool"), random((4,), dtype), random((1,), dtype))
    case("Clip", random((3, 4)), np.float32(-1), np.float32(2))
    case("Clip", random((3, 4)), None, np.float32(2))
    case("Clip", random((3, 4)), np.float32(1), np.float32(-1))
    case("Clip", random((8,), "int32"), np.int32(-2), np.int32(3))
    case("Clip", random((8,), "uint8"), None, np.uint8(3))


def casts():
    for source in ALL:
        for target in ALL:
            if TYPES[np.dtype(source)] != TYPES[np.dtype(target)]:
                low = 0 if np.dtype(target).kind == "u" else -4
                value = random((5,), source, low)
                if np.dtype(target).kind == "u" and np.dtype(source).kind == "i":
                    value = np.abs(value)
                case("Cast", value, to=int(helper.np_dtype_to_tensor_dtype(np.dtype(target))))
    case("Cast", np.array([2**63 + 2**40, 2**64 - 2**40], np.float64), to=TensorProto.UINT64)
    case("Cast", np.array([2**24 + 1, 2**53 + 1, -(2**60) - 1], np.int64), to=TensorProto.FLOAT)
    case("Cast", np.array([-3.7, 3.7, -0.5], np.float32), to=TensorProto.INT32)
    x = random((5,), ml_dtypes.int4)
    case("Cast", x, expected=[x.astype(np.float32)], to=TensorProto.FLOAT)
    x = np.array([0, 3, -8, 7, 5], np.int8)
    case("Cast", x, expected=[x.astype(ml_dtypes.int4)], to=TensorProto.INT4)


def shapes():
    x = random((2, 3, 4))
    case("Shape", x)
    case("Shape", x, start=1)
    case("Shape", x, start=-2, end=-1)
    case("Shape", x, start=2, end=1)
    case("Shape", np.float32(1))
    for target in ((4, 6), (-1,), (0, -1), (0, 0, 2, -1), (1, 24)):
        case("Reshape", x, ints(*target))
    case("Reshape", random((0, 3)), ints(3, 0), allowzero=1)
    for dtype in ALL:
        case("Reshape", random((2, 3), dtype), ints(3, 2))
        case("Transpose", random((3, 4), dtype))
    case("Transpose", x, perm=[1, 2, 0])
    case("Transpose", random((2, 3, 4, 5)), perm=[0, 2, 3, 1])
    case("Transpose", random((2, 3, 4, 5)), perm=[0, 3, 1, 2])
    case("Transpose", random((40, 70)))
    case("Transpose", random((3, 37, 41), "uint8"), perm=[2, 0, 1])
    q = random((3, 5), ml_dtypes.int4)
    case("Transpose", q, expected=[q.T], perm=[1, 0])
    case("Flatten", x)
    case("Flatten", x, axis=0)
    case("Flatten", x, axis=-1)
    case("Flatten", x, axis=3)
    one = random((1, 3, 1, 2))
    case("Squeeze", one)
    case("Squeeze", one, ints(0))
    case("Squeeze", one, ints(-2, 0))
    case("Unsqueeze", x, ints(0))
    case("Unsqueeze", x, ints(-1, 1))
    case("Expand", random((3, 1)), ints(2, 1, 4))
    case("Expand", random((3, 4), "int64"), ints(1))
    case("Expand", random((1, 4), "bool"), ints(3, 1))
    case("Concat", x, random((2, 1, 4)), random((2, 0, 4)), axis=1)
    case("Concat", random((2, 3), "int64"), random((2, 2), "int64"), axis=-1)
    q = random((3, 3), ml_dtypes.uint4)
    case("Concat", q, q[:, :2], expected=[np.concatenate([q, q[:, :2]], 1)], axis=1)
    case("Split", random((2, 6)), outputs=3, axis=1, num_outputs=3)
    case("Split", random((7, 2)), outputs=3, axis=0, num_outputs=3)
    case("Split", random((2, 6), "int8"), ints(1, 2, 3), outputs=3, axis=-1)
    case("Split", random((2, 6)), ints(6, 0), outputs=2, axis=1)
    y = random((5, 6, 7))
    big = np.iinfo(np.int64).max
    case("Slice", y, ints(1, 0), ints(3, big))
    case("Slice", y, ints(1), ints(-1), ints(1), ints(2))
    case("Slice", y, ints(-1), ints(-big), ints(0), ints(-1))
    case("Slice", y, ints(10, -2), ints(0, -100), ints(2, 1), ints(-2, -3))
    case("Slice", y, ints(4), ints(2), ints(1))
    case("Slice", random((9,), "int16"), ints(2), ints(8), ints(0), ints(3))
    case("Slice", y, np.array([1], np.int32), np.array([3], np.int32), np.array([-1], np.int32))
    q = random((4, 5), ml_dtypes.int4)
    case("Slice", q, ints(1, 1), ints(4, 4), expected=[q[1:4, 1:4]])
    case("Gather", x, ints(1, -1, 0), axis=1)
    case("Gather", x, np.array([[0, 1], [1, 0]], np.int32))
    case("Gather", x, np.int64(2), axis=-1)
    case("Gather", random((5,), "int64"), np.int64(-2))
    case("Gather", random((4, 3), "bool"), ints(3, 3), axis=0)
    for mode in ("constant", "edge", "reflect", "wrap"):
        case("Pad", random((3, 4)), ints(1, 2, 0, 1), mode=mode)
        case("Pad", random((2, 3, 4)), ints(0, 0, 2, 0, 0, 3), mode=mode)
        case("Pad", random((2, 3, 4)), ints(2, 1), None, ints(-1), mode=mode)
    case("Pad", random((3, 4), "int32"), ints(1, 0, 0, 1), np.int32(-9))
    p = random((3, 4, 5))
    case("Pad", p, ints(-1, 2, 0, 0, -1, -2), np.float32(7),
         expected=[np.pad(p[1:, :3, :3], ((0, 0), (2, 0), (0, 0)), constant_values=7)])
    case("Tile", x, ints(2, 1, 3))
    case("Tile", random((3,), "uint8"), ints(4))
    case("Tile", x, ints(1, 0, 1))
    case("ConstantOfShape", ints(2, 3))
    case("ConstantOfShape", ints(4), value=numpy_helper.from_array(np.array([7], np.int64)))
    case("ConstantOfShape", np.zeros(0, np.int64), value=numpy_helper.from_array(np.array([True])))
    case("Range", np.int64(2), np.int64(11), np.int64(4))
    case("Range", np.int32(5), np.int32(-5), np.int32(-3))
    case("Range", np.float32(0), np.float32(1), np.float32(0.3))
    case("Range", np.int64(5), np.int64(5), np.int64(1))


def reductions():
    functions = "Sum Mean Max Min Prod L1 L2 LogSum LogSumExp SumSquare".split()
    for name in functions:
        op = "Reduce" + name
        x = random((2, 3, 4), low=0.1 if name == "LogSum" else -4)
        case(op, x)
        case(op, x, ints(1), keepdims=0)
        case(op, x, ints(-1, 0))
        case(op, x, np.zeros(0, np.int64), keepdims=0)
        if name != "Mean":
            case(op, x, noop_with_empty_axes=1)
        if name in ("Sum", "Max", "Min", "Prod", "L1", "SumSquare"):
            for dtype in ("int32", "int64", "uint32"):
                case(op, random((3, 4), dtype), ints(0))
        case(op, random((3, 4), "float64", 0.1), ints(1))
    case("ReduceMax", random((3, 4), "uint8"), ints(0))
    case("ReduceMin", random((3, 4), "bool"), ints(0))
    case("ReduceSum", random((3, 0, 2)), ints(1))
    case("ReduceSum", random((3, 4, 5, 6)), ints(0, 2))
    for op in ("ArgMax", "ArgMin"):
        case(op, random((3, 4, 2)), axis=1)
        case(op, random((3, 9), "int32"), axis=-1, keepdims=0)
        case(op, random((3, 9), "int32"), axis=1, select_last_index=1)
        case(op, random((3, 9), "uint8"))
    for op in ("Softmax", "LogSoftmax"):
        case(op, random((2, 3, 4)))
        case(op, random((2, 3, 4)), axis=1)
        case(op, random((5,), "float64", -300, 300))


def products():
    pairs = [((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((2, 1, 3, 4), (3, 4, 2)), ((4,), (4,)), ((4,), (2, 4, 3))]
    for a, b in pairs + [((2, 3, 4), (4,)), ((3, 0), (0, 2))]:
        case("MatMul", random(a), random(b))
    for dtype in ("int32", "int64", "uint32", "float64"):
        case("MatMul", random((2, 3), dtype), random((3, 2), dtype))
    case("Gemm", random((3, 4)), random((4, 5)))
    case("Gemm", random((4, 3)), random((5, 4)), random((5,)), transA=1, transB=1, alpha=0.5, beta=2.0)
    case("Gemm", random((3, 4)), random((4, 5)), random((3, 1)), beta=0.25)
    case("Gemm", random((3, 4)), random((4, 5)), np.float32(2))
    case("Gemm", random((3, 4), "int32"), random((4, 2), "int32"), random((3, 2), "int32"))


def windows():
    conv = [
        ((1, 2, 7), (3, 2, 3), {}),
        ((2, 3, 6, 5), (4, 3, 3, 2), {"strides": [2, 1], "pads": [1, 0, 2, 1]}),
        ((1, 4, 7, 7), (6, 2, 3, 3), {"group": 2, "dilations": [2, 1], "pads": [2, 1, 2, 1]}),
        ((1, 4, 5, 5), (4, 1, 3, 3), {"group": 4, "pads": [1, 1, 1, 1]}),
        ((1, 2, 4, 5, 4), (2, 2, 2, 3, 2), {"strides": [1, 2, 1]}),
        ((1, 2, 6, 7), (2, 2, 3, 4), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
        ((1, 2, 6, 7), (2, 2, 2, 4), {"auto_pad": "SAME_LOWER", "strides": [1, 2]}),
        ((1, 2, 6, 7), (2, 2, 3, 4), {"auto_pad": "VALID"}),
        ((0, 2, 6), (2, 2, 3), {}),
    ]
    for x, w, attributes in conv:
        if x[0] == 0:
            case("Conv", random(x), random(w), expected=[np.zeros((0, 2, 4), np.float32)])
            continue
        kernel = list(w[2:])
        case("Conv", random(x), random(w), random(w[:1]), kernel_shape=kernel, runtime=True, **attributes)
    case("Conv", random((1, 2, 5), "float64"), random((1, 2, 2), "float64"))
    transposed = [
        ((1, 2, 5), (2, 3, 3), {}),
        ((2, 3, 4, 3), (3, 2, 3, 2), {"strides": [2, 3], "pads": [1, 0, 0, 1], "output_padding": [1, 2]}),
        ((1, 4, 4, 4), (4, 2, 3, 3), {"group": 2, "dilations": [2, 1]}),
        ((1, 2, 3, 3), (2, 2, 3, 3), {"strides": [2, 2], "output_shape": [6, 7]}),
        ((1, 2, 3, 3), (2, 2, 3, 3), {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
        ((1, 2, 3, 3), (2, 2, 3, 3), {"strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    ]
    for x, w, attributes in transposed:
        case("ConvTranspose", random(x), random(w), random((w[1] * attributes.get("group", 1),)), runtime=True, **attributes)
    pools = [
        ((1, 2, 9), {"kernel_shape": [3]}),
        ((2, 2, 7, 6), {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 1]}),
        ((1, 2, 7, 8), {"kernel_shape": [3, 3], "strides": [2, 3], "ceil_mode": 1}),
        ((1, 1, 7, 8), {"kernel_shape": [2, 3], "dilations": [2, 2]}),
        ((1, 1, 5, 6, 4), {"kernel_shape": [2, 2, 2], "strides": [2, 1, 2]}),
        ((1, 2, 6, 7), {"kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
        ((1, 2, 6, 7), {"kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": "SAME_LOWER"}),
        ((1, 1, 5, 5), {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "ceil_mode": 1}),
    ]
    for shape, attributes in pools:
        x = random(shape)
        case("MaxPool", x, runtime=True, **attributes)
        case("AveragePool", x, runtime=True, **attributes)
        case("AveragePool", x, runtime=True, count_include_pad=1, **attributes)
        if "dilations" not in attributes and "ceil_mode" not in attributes:
            case("MaxPool", x, runtime=True, outputs=2, **attributes)
        case("LpPool", x, runtime=True, p=3, **attributes)
    case("MaxPool", random((1, 1, 5, 5), "uint8"), runtime=True, kernel_shape=[2, 2], strides=[2, 2])
    case("MaxPool", random((1, 1, 5, 5), "int8"), runtime=True, kernel_shape=[2, 2], pads=[1, 1, 1, 1])
    case("MaxPool", random((1, 2, 4, 5)), runtime=True, outputs=2, kernel_shape=[2, 2], storage_order=1)
    for op in ("GlobalAveragePool", "GlobalMaxPool"):
        case(op, random((2, 3, 4)), runtime=True)
        case(op, random((2, 3, 4, 5)), runtime=True)


def normalizations():
    c = [random((3,)) for _ in range(3)] + [random((3,), low=0.1)]
    case("BatchNormalization", random((2, 3, 4)), *c, epsilon=1e-3)
    case("BatchNormalization", random((2, 3)), *c)
    case("BatchNormalization", random((2, 3, 2, 2)), *c)
    case("InstanceNormalization", random((2, 3, 4)), c[0], c[1], epsilon=1e-3)
    case("InstanceNormalization", random((2, 3, 4, 2)), c[0], c[1])
    case("LayerNormalization", random((2, 3, 4)), random((4,)), random((4,)), outputs=3)
    case("LayerNormalization", random((2, 3, 4)), random((3, 4)), outputs=3, axis=1, epsilon=1e-2)
    x, scale = random((2, 3, 4)), random((3, 1))
    inner = x.reshape(2, 12).astype(np.float64)
    normal = (inner - inner.mean(1, keepdims=True)) / np.sqrt(inner.var(1, keepdims=True) + 1e-5)
    y = (normal.reshape(2, 3, 4) * scale).astype(np.float32)
    case("LayerNormalization", x, scale, expected=[y], axis=1)


def resizes():
    scales = lambda *v: np.array(v, np.float32)
    x = random((1, 2, 4, 5))
    coordinates = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"]
    for mode in ("nearest", "linear", "cubic"):
        for coordinate in coordinates:
            case("Resize", x, None, None, ints(1, 2, 7, 3), mode=mode, coordinate_transformation_mode=coordinate)
        case("Resize", x, None, scales(1, 1, 2, 0.5), mode=mode)
        roi = scales(0, 0, 0.2, -0.1, 1, 1, 0.9, 1.2)
        case("Resize", x, roi, None, ints(1, 2, 3, 6), mode=mode, extrapolation_value=9.0,
             coordinate_transformation_mode="tf_crop_and_resize")
    for nearest in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
        case("Resize", x, None, scales(1, 1, 1.6, 0.7), nearest_mode=nearest)
        case("Resize", x, None, scales(1, 1, 2, 2), nearest_mode=nearest, coordinate_transformation_mode="asymmetric")
    for mode in ("linear", "cubic"):
        case("Resize", random((1, 1, 9, 8)), None, None, ints(1, 1, 4, 3), mode=mode, antialias=1)
        case("Resize", x, None, scales(1, 1, 0.6, 1.7), mode=mode, exclude_outside=1)
    case("Resize", x, None, scales(0.8, 0.6), mode="cubic", cubic_coeff_a=-0.5, axes=[3, 2])
    for policy in ("not_larger", "not_smaller"):
        case("Resize", x, None, None, ints(7, 8), mode="linear", axes=[2, 3], keep_aspect_ratio_policy=policy)
    case("Resize", random((1, 1, 3, 3), "uint8"), None, scales(1, 1, 2, 2))
    case("Resize", random((1, 1, 3), "int64"), None, None, ints(1, 1, 7))


def newest():
    """Operators that ONNX Runtime does not know yet."""
    newest = 28
    case("Swish", random((3, 5)), alpha=0.5)
    case("CumProd", random((3, 4)), ints(1)[0], opset=26, reverse=1)
    case("SwiGLU", random((3, 5)), random((3, 5)), opset=newest, alpha=1.5)
    x, w = random((2, 3, 5)), random((3, 1, 4))
    case("CausalConvWithState", x, w, outputs=2, opset=newest)
    case("CausalConvWithState", x, w, random((3,)), random((2, 3, 3)), outputs=2, opset=newest, activation="silu")
    case("CausalConvWithState", x[:, :, :1], w, None, random((2, 3, 3)), outputs=2, opset=newest)
    q, k, v = random((2, 4, 12), low=-1, high=1), random((2, 4, 6), low=-1, high=1), random((2, 4, 10))
    state, decay, rate = random((2, 2, 3, 5)), random((2, 4, 6), low=-1, high=0), random((2, 4, 2), low=0, high=1)
    for rule in ("linear", "gated", "delta", "gated_delta"):
        operands = [q, k, v, state, decay if "gated" in rule else None, rate if "delta" in rule else None]
        heads = {"q_num_heads": 4, "kv_num_heads": 2, "update_rule": rule}
        case("LinearAttention", *operands, outputs=2, opset=newest, **heads)
        case("LinearAttention", *operands[:3], None, *operands[4:], outputs=2, opset=newest, scale=0.5, **heads)
    for n in (6, 7):
        half = random((2, n // 2 + 1, 2))
        half[:, 0, 1] = 0
        full = np.fft.irfft(half[..., 0] + 1j * half[..., 1], n, axis=1)[..., None].astype(np.float32)
        case("DFT", half, ints(n)[0], ints(1)[0], expected=[full], inverse=1, onesided=1)
    case("Einsum", random((2, 3, 3)), random((3, 4)), equation="bii,ij->bj")
    case("Einsum", random((3, 2)), random((2, 4)), random((4, 2)), equation="ij,jk,kj->i")
    x, indices = random((1, 1, 2, 2)), ints(5, 7, 13, 15).reshape(1, 1, 2, 2)
    case("MaxUnpool", x, indices, ints(1, 1, 5, 5), kernel_shape=[2, 2], strides=[2, 2])
    case("BatchNormalization", random((2, 3, 4)), *[random((3,), low=0.1) for _ in range(4)], outputs=3, training_mode=1)


def mel_weights(bands, length, rate, low, high):
    """The matrix as the standard's text has it: triangles between points that lie evenly on the mel scale."""
    mel = lambda hertz: 2595 * np.log10(1 + hertz / 700)
    points = mel(low) + np.arange(bands + 2) * (mel(high) - mel(low)) / (bands + 2)
    bins = np.floor((length + 1) * 700 * (10 ** (points / 2595) - 1) / rate).astype(int)
    weights = np.zeros((length // 2 + 1, bands))
    for band, (left, centre, right) in enumerate(zip(bins, bins[1:], bins[2:])):
        for b in range(left, centre):
            weights[b, band] = (b - left) / (centre - left)
        weights[centre, band] = 1
        for b in range(centre + 1, right):
            weights[b, band] = (right - b) / (right - centre)
    return weights


def signals():
    for bands, length, rate, low, high in ((8, 16, 8192, 0, 4096), (10, 64, 16000, 20, 7600), (5, 33, 8000, 125, 3800)):
        for code, dtype in ((1, np.float32), (11, np.float64), (10, np.float16), (7, np.int64)):
            scalars = [np.int64(bands), np.int64(length), np.int64(rate), np.float32(low), np.float32(high)]
            weights = mel_weights(bands, length, rate, low, high)
            case("MelWeightMatrix", *scalars, expected=[weights.astype(dtype)], output_datatype=code)
        case("MelWeightMatrix", *scalars)


def precisions():
    """Operators that compute in another type than that of their operands."""
    for dtype in ("float16", ml_dtypes.bfloat16, "float64"):
        case("RMSNormalization", random((3, 5), dtype), random((5,), dtype))


def main():
    families = (elementwise, casts, shapes, reductions, products, windows, normalizations, resizes, newest, signals)
    for family in (*families, precisions):
        family()
    with open(sys.argv[1], "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
