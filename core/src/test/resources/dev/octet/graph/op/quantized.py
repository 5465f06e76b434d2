"""Writes quantized.json: what ONNX Runtime computes for single quantized operators. Needs onnx, onnxruntime, numpy.

Scales are chosen so that many results lie at ties or one rounding away from them, where a different order of float
operations shows. Activations have 7 bits and sums are short, so that no instruction saturates on any CPU.
"""

import json
import pathlib

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

TYPES = {"float32": "FLOAT32", "uint8": "UINT8", "int8": "INT8", "int32": "INT32", "uint16": "UINT16", "int16": "INT16"}
MICROSOFT = {"QGemm", "QLinearAdd", "QLinearMul", "QLinearConcat", "QLinearSigmoid", "QLinearLeakyRelu",
             "QLinearGlobalAveragePool"}
f32 = np.float32
cases = []


def tensor(array):
    array = np.asarray(array)
    values = array.ravel()
    values = values.view(np.int32) if array.dtype == np.float32 else values
    return {"type": TYPES[str(array.dtype)], "shape": list(array.shape), "values": values.tolist()}


def case(op, inputs, outputs=1, types=None, **attributes):
    """Runs one operator; inputs after the first are constants, None is absent."""
    inputs = [None if x is None else np.asarray(x) for x in inputs]
    names = ["" if x is None else f"i{k}" for k, x in enumerate(inputs)]
    domain = "com.microsoft" if op in MICROSOFT else ""
    node = helper.make_node(op, names, [f"o{k}" for k in range(outputs)], domain=domain, **attributes)
    variable = 2 if op == "QLinearConcat" else 0
    types = types or [inputs[variable].dtype] * outputs
    graph = helper.make_graph(
        [node], "case",
        [helper.make_tensor_value_info(
            names[variable], helper.np_dtype_to_tensor_dtype(inputs[variable].dtype), inputs[variable].shape)],
        [helper.make_tensor_value_info(f"o{k}", helper.np_dtype_to_tensor_dtype(np.dtype(t)), None)
         for k, t in enumerate(types)],
        [numpy_helper.from_array(x, n) for k, (x, n) in enumerate(zip(inputs, names)) if k != variable and n])
    model = helper.make_model(
        graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)])
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    results = session.run(None, {names[variable]: inputs[variable]})
    cases.append({
        "op": op, "domain": domain, "attributes": attributes,
        "inputs": [None if x is None else tensor(x) for x in inputs], "outputs": [tensor(r) for r in results]})


def nudge(values, random):
    """The same floats or their neighbours."""
    values = np.asarray(values, f32)
    return (values.view(np.int32) + random.integers(-1, 2, values.shape).astype(np.int32)).view(f32)


def halves(ratio, random, shape=()):
    """Scales whose product with 1/ratio is near 1/2, 1/4, …."""
    return nudge(ratio * 0.5 ** random.integers(1, 6, shape), random)


def zero(random, dtype):
    return np.array(random.integers(0, 100)).astype(dtype)


def products(seed, x_type, w_type, per_channel):
    random = np.random.default_rng(seed)
    channels = 6
    x_scale, y_scale = f32(random.uniform(1e-3, 1e-1)), f32(random.uniform(1e-2, 1))
    w_scale = halves(y_scale / x_scale, random, (channels,) if per_channel else ())
    w_zero = np.zeros(w_scale.shape, w_type) if w_type == np.int8 else np.full(w_scale.shape, 60, w_type)
    low = -60 if w_type == np.int8 else 0
    bias = random.integers(-300, 300, channels).astype(np.int32)
    x_zero, y_zero = zero(random, x_type), zero(random, x_type)

    def activations(*shape):
        return random.integers(0, 128, shape).astype(x_type)

    def weights(*shape):
        return random.integers(low, low + 120, shape).astype(w_type)

    group = 3 if seed % 2 else 1
    case("QLinearConv",
         [activations(2, 3, 7, 6), x_scale, x_zero, weights(channels, 3 // group, 3, 2), w_scale, w_zero, y_scale,
          y_zero, bias],
         group=group, pads=[1, 0, 2, 1], strides=[2, 1], dilations=[1, 2])
    case("QLinearConv", [activations(1, 5, 9), x_scale, x_zero, weights(channels, 5, 2), w_scale, w_zero, y_scale, y_zero])
    a = activations(2, 9, 5)
    case("QLinearMatMul", [a, x_scale, x_zero, weights(5, channels), w_scale, w_zero, y_scale, y_zero])
    for alpha in (1.0, 0.3):
        inputs = [a[0], x_scale, x_zero, weights(5, channels), w_scale, w_zero, bias, y_scale, y_zero]
        case("QGemm", inputs, alpha=alpha)
        case("QGemm", inputs[:7], types=[np.float32], alpha=alpha)
    case("QGemm", [activations(5, 4), x_scale, x_zero, weights(channels, 5), w_scale, w_zero, None, y_scale, y_zero],
         transA=1, transB=1)
    case("ConvInteger", [activations(1, 2, 5, 5), weights(channels, 2, 3, 3), x_zero, w_zero.ravel()[0]],
         types=[np.int32], pads=[1, 1, 1, 1])
    case("MatMulInteger", [a, weights(5, channels), x_zero, w_zero], types=[np.int32])


def elementwise(seed, dtype):
    random = np.random.default_rng(seed)
    info = np.iinfo(dtype)

    def values(*shape):
        return random.integers(info.min, info.max + 1, shape).astype(dtype)

    def zeros(count):
        return [values() for _ in range(count)]

    y_scale = f32(random.uniform(0.01, 0.1))
    a_zero, b_zero, y_zero = zeros(3)
    shapes = [((3, 5, 17), (3, 5, 17)), ((3, 5, 17), (1,)), ((3, 1, 17), (7, 1))][seed % 3]
    case("QLinearAdd", [values(*shapes[0]), halves(2 * y_scale, random), a_zero, values(*shapes[1]),
                        halves(2 * y_scale, random), b_zero, y_scale, y_zero])
    a_scale = f32(random.uniform(0.01, 0.1))
    case("QLinearMul", [values(*shapes[0]), a_scale, a_zero, values(*shapes[1]),
                        halves(y_scale / a_scale / 16, random), b_zero, y_scale, y_zero])
    everything = np.arange(info.min, info.max + 1).astype(dtype)
    case("QLinearConcat", [y_scale, y_zero, everything.reshape(2, 128), halves(4 * y_scale, random), a_zero,
                           values(2, 3), y_scale, y_zero], axis=1)
    case("QLinearSigmoid", [everything, a_scale, a_zero, f32(1 / 256), np.array(info.min).astype(dtype)])
    case("QLinearLeakyRelu", [everything, a_scale, a_zero, halves(2 * a_scale, random), y_zero], alpha=0.1)
    for size in (1, 3, 7):
        case("QLinearGlobalAveragePool",
             [values(2, 8, size, size), a_scale, a_zero, halves(a_scale, random), y_zero], channels_last=0)


def quantizers(seed):
    random = np.random.default_rng(seed)
    special = [np.nan, np.inf, -np.inf, 1e30, -1e30, 3e9, -3e9, 0.5, -0.5, -0.0]
    for dtype in (np.uint8, np.int8, np.uint16, np.int16):
        scale = f32(random.uniform(1e-3, 1e-1))
        zero_point = random.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, ()).astype(dtype)
        x = nudge((random.integers(-300, 300, 60) + 0.5) * scale, random)
        x[:10] = special
        case("QuantizeLinear", [x, scale, zero_point], types=[dtype])
        q = random.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, (3, 4, 5)).astype(dtype)
        axis = seed % 3
        scales = random.uniform(1e-3, 1e-1, q.shape[axis]).astype(f32)
        zero_points = random.integers(0, 100, q.shape[axis]).astype(dtype)
        case("DequantizeLinear", [q, scales, zero_points], types=[np.float32], axis=axis)
        x = random.standard_normal((3, 4, 5)).astype(f32)
        case("QuantizeLinear", [x, scales, zero_points], types=[dtype], axis=axis)
        blocks = [3, 4, 5]
        blocks[axis] = -(-blocks[axis] // 2)
        block_scales = random.uniform(1e-3, 1e-1, blocks).astype(f32)
        block_zeros = random.integers(0, 100, blocks).astype(dtype)
        case("QuantizeLinear", [x, block_scales, block_zeros], types=[dtype], axis=axis, block_size=2)
        case("DequantizeLinear", [q, block_scales, block_zeros], types=[np.float32], axis=axis, block_size=2)
    case("DequantizeLinear", [random.integers(-2**31, 2**31, 20).astype(np.int32), f32(1e-3)], types=[np.float32])
    for _ in range(4):
        x = (random.standard_normal(40) * 10.0 ** random.uniform(-5, 5) + random.uniform(-1, 1)).astype(f32)
        case("DynamicQuantizeLinear", [x], outputs=3, types=[np.uint8, np.float32, np.uint8])


for seed in range(2):
    for x_type, w_type in ((np.uint8, np.int8), (np.uint8, np.uint8), (np.int8, np.int8)):
        for per_channel in (False, True):
            products(seed * 100 + len(cases), x_type, w_type, per_channel)
for seed in range(3):
    elementwise(seed, np.uint8)
    elementwise(seed, np.int8)
for seed in range(2):
    quantizers(seed)
for x in ([0.0, 0.0], [np.nan, 1, 2, -1], [np.inf, 1, -1], [2.0, 3.0], [-2.0, -3.0]):
    case("DynamicQuantizeLinear", [np.array(x, f32)], outputs=3, types=[np.uint8, np.float32, np.uint8])
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("[" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "]\n")
print(len(cases), "cases")
