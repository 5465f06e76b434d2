"""Writes golden.json: what PyTorch and ONNX Runtime's tools compute. Needs torch, onnxruntime, numpy.

Floats are written as their 32 bits, so that nothing is lost. Each case is a flat list of numbers.
"""

import json
import pathlib
import warnings

import numpy as np
import torch
from onnxruntime.quantization.quant_utils import compute_scale_zp
from torch.ao.quantization.observer import MinMaxObserver

warnings.filterwarnings("ignore")
random = np.random.default_rng(20240607)


def bits(values):
    return np.asarray(values, np.float32).ravel().view(np.int32).tolist()


def ranges(count):
    """Ranges of all kinds: either side of zero, one side only, empty, tiny, wide."""
    scale = np.float32(10) ** random.uniform(-9, 6, count).astype(np.float32)
    a = random.standard_normal(count).astype(np.float32) * scale
    b = random.standard_normal(count).astype(np.float32) * scale
    low, high = np.minimum(a, b), np.maximum(a, b)
    fixed = [(0, 0), (2, 2), (-3, -3), (-1, 1), (0, 1e-30), (-1e-44, 0), (-1e-38, 1e-37)]
    low[: len(fixed)] = [f[0] for f in fixed]
    high[: len(fixed)] = [f[1] for f in fixed]
    return low, high


def pytorch_params():
    cases = []
    schemes = [
        (torch.quint8, False, 0, 255, None),
        (torch.quint8, False, 0, 127, None),
        (torch.qint8, False, -128, 127, None),
        (torch.qint8, False, -64, 63, None),
        (torch.qint8, True, -128, 127, None),
        (torch.qint8, True, -127, 127, (-127, 127)),
        (torch.quint8, True, 0, 255, None),
        (torch.quint8, True, 0, 127, (0, 127)),
        (torch.int16, True, -32768, 32767, None),
        (torch.uint16, False, 0, 65535, None),
    ]
    names = {torch.quint8: "UINT8", torch.qint8: "INT8", torch.int16: "INT16", torch.uint16: "UINT16"}
    for dtype, symmetric, quant_min, quant_max, custom in schemes:
        low, high = ranges(60)
        scales, zero_points = [], []
        for lo, hi in zip(low, high):
            observer = MinMaxObserver(
                dtype=dtype,
                qscheme=torch.per_tensor_symmetric if symmetric else torch.per_tensor_affine,
                reduce_range=quant_max in (127, 63) and custom is None and quant_min in (0, -64),
                quant_min=custom[0] if custom else None,
                quant_max=custom[1] if custom else None,
            )
            observer.min_val, observer.max_val = torch.tensor(lo), torch.tensor(hi)
            assert (observer.quant_min, observer.quant_max) == (quant_min, quant_max)
            scale, zero_point = observer.calculate_qparams()
            scales.append(scale.item())
            zero_points.append(int(zero_point.item()))
        cases.append({
            "dtype": names[dtype], "symmetric": int(symmetric), "quantMin": quant_min, "quantMax": quant_max,
            "mins": bits(low), "maxs": bits(high), "scales": bits(scales), "zeroPoints": zero_points})
    return cases


def onnx_runtime_params():
    cases = []
    schemes = [
        ("UINT8", np.uint8, False, 0, 255), ("UINT8", np.uint8, True, 0, 255), ("UINT8", np.uint8, False, 0, 127),
        ("INT8", np.int8, False, -128, 127), ("INT8", np.int8, True, -127, 127), ("INT8", np.int8, False, -64, 64),
        ("INT8", np.int8, True, -64, 64), ("INT16", np.int16, True, -32767, 32767),
        ("INT16", np.int16, False, -32768, 32767), ("UINT16", np.uint16, False, 0, 65535),
        ("UINT16", np.uint16, True, 0, 65535),
    ]
    for name, dtype, symmetric, quant_min, quant_max in schemes:
        low, high = ranges(60)
        scales, zero_points = [], []
        for lo, hi in zip(low, high):
            zero_point, scale = compute_scale_zp(
                np.array(lo), np.array(hi), np.array(quant_min, dtype), np.array(quant_max, dtype), symmetric)
            scales.append(float(scale))
            zero_points.append(int(zero_point))
        cases.append({
            "dtype": name, "symmetric": int(symmetric), "quantMin": quant_min, "quantMax": quant_max,
            "mins": bits(low), "maxs": bits(high), "scales": bits(scales), "zeroPoints": zero_points})
    return cases


def pytorch_quantize():
    """Beside ties: PyTorch 2.13's quantize_per_tensor computes rint(fma(x, 1/scale, zero_point)), so that it is the
    canonical formula only with zero point 0. Its fake quantization, and other versions, round before they add."""
    cases = []
    for dtype, name, zero_point in [(torch.quint8, "UINT8", 118), (torch.qint8, "INT8", -6), (torch.quint8, "UINT8", 7),
                                     (torch.qint8, "INT8", 0)]:
        scale = float(np.float32(random.uniform(0.01, 0.1)))
        x = (random.standard_normal(300) * 3).astype(np.float32)
        # Half of the values lie next to ties, where the reciprocal and the division differ.
        steps = random.integers(-140, 260, 150) + 0.5
        x[150:] = (steps * scale).astype(np.float32)
        q = torch.quantize_per_tensor(torch.from_numpy(x), scale, zero_point, dtype)
        low = 0 if dtype == torch.quint8 else -128
        fake = torch.fake_quantize_per_tensor_affine(torch.from_numpy(x), scale, zero_point, low, low + 255)
        case = {"dtype": name, "scale": bits([scale]), "zeroPoint": zero_point, "x": bits(x), "dequantized": bits(fake)}
        if zero_point == 0:
            case["q"] = q.int_repr().tolist()
            assert case["dequantized"] == bits(q.dequantize())
        cases.append(case)
    return cases


def pytorch_per_channel():
    cases = []
    for axis in (0, 1, 2):
        shape = (3, 4, 5)
        x = random.standard_normal(shape).astype(np.float32)
        channels = shape[axis]
        scales = random.uniform(0.005, 0.05, channels).astype(np.float32)
        zero_points = random.integers(-10, 10, channels) * 2
        q = torch.quantize_per_channel(
            torch.from_numpy(x), torch.from_numpy(scales), torch.from_numpy(zero_points), axis, torch.qint8)
        cases.append({
            "axis": axis, "scales": bits(scales), "zeroPoints": zero_points.tolist(), "x": bits(x),
            "q": q.int_repr().flatten().tolist(), "dequantized": bits(q.dequantize())})
    return cases


golden = {
    "pytorchParams": pytorch_params(),
    "onnxRuntimeParams": onnx_runtime_params(),
    "pytorchQuantize": pytorch_quantize(),
    "pytorchPerChannel": pytorch_per_channel(),
}
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text(json.dumps(golden).replace("{\"", "\n{\"") + "\n")
