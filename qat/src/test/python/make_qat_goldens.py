#!/usr/bin/env python3
"""Makes qat-goldens.json: what PyTorch's fake quantization gives, forward, backward and in its moving statistics.

python3 make_qat_goldens.py ../resources/dev/octet/qat/qat-goldens.json (PyTorch's version is in the file)
"""
import json
import sys

import torch
from torch import nn
import torch.nn.intrinsic.qat as nniqat
from torch.ao.quantization import (
    FakeQuantize,
    FusedMovingAvgObsFakeQuantize,
    MinMaxObserver,
    MovingAverageMinMaxObserver,
    MovingAveragePerChannelMinMaxObserver,
    PerChannelMinMaxObserver,
    QConfig,
)
from torch.ao.quantization._learnable_fake_quantize import _LearnableFakeQuantize

torch.manual_seed(20261124)
torch.set_num_threads(1)


def flat(tensor):
    # Nine digits say which float it is.
    return [float(f"{float(v):.9g}") for v in tensor.detach().flatten()]


def batches(shape, count):
    return [torch.randn(shape) * (1 + 0.5 * i) + 0.1 * i for i in range(count)]


def observed(name, module, shape, steps=3, **settings):
    """A module that observes: outputs, gradients and parameters after each batch."""
    rounds = []
    for x in batches(shape, steps):
        x.requires_grad_(True)
        y = module(x)
        weights = torch.randn(shape)
        (y * weights).sum().backward()
        observer = module.activation_post_process
        rounds.append({
            "x": flat(x), "weights": flat(weights), "y": flat(y), "dx": flat(x.grad),
            "scale": flat(module.scale), "zero_point": [int(v) for v in module.zero_point.flatten()],
            "min": flat(observer.min_val), "max": flat(observer.max_val)})
    return {"name": name, "shape": list(shape), "rounds": rounds, **settings}


def fake_quantizers():
    quint8 = dict(quant_min=0, quant_max=255, dtype=torch.quint8, qscheme=torch.per_tensor_affine)
    qint8 = dict(quant_min=-128, quant_max=127, dtype=torch.qint8)
    channel = dict(qint8, qscheme=torch.per_channel_symmetric, ch_axis=0)
    tensor = dict(qint8, qscheme=torch.per_tensor_symmetric)
    average = MovingAverageMinMaxObserver
    per_channel = MovingAveragePerChannelMinMaxObserver
    return [
        observed("moving-average", FakeQuantize(average, **quint8), (2, 30), axis=-1, constant=0.01, fused=False),
        observed("reduced", FakeQuantize(average, reduce_range=True, **quint8), (2, 30),
                 axis=-1, constant=0.01, fused=False, reduced=True),
        observed("min-max", FakeQuantize(MinMaxObserver, **quint8), (2, 30), axis=-1, constant=0, fused=False),
        observed("symmetric", FakeQuantize(average, **tensor), (2, 30),
                 axis=-1, constant=0.01, fused=False, symmetric=True),
        observed("per-channel", FakeQuantize(per_channel, **channel), (4, 3, 5),
                 axis=0, constant=0.01, fused=False, symmetric=True),
        observed("fused", FusedMovingAvgObsFakeQuantize(average, **quint8), (2, 30),
                 axis=-1, constant=0.01, fused=True),
        observed("fused-reduced", FusedMovingAvgObsFakeQuantize(average, reduce_range=True, **quint8), (2, 30),
                 axis=-1, constant=0.01, fused=True, reduced=True),
        observed("fused-symmetric", FusedMovingAvgObsFakeQuantize(average, **tensor), (2, 30),
                 axis=-1, constant=0.01, fused=True, symmetric=True),
        observed("fused-per-channel", FusedMovingAvgObsFakeQuantize(per_channel, **channel), (4, 3, 5),
                 axis=0, constant=0.01, fused=True, symmetric=True),
        observed("per-channel-affine", FakeQuantize(per_channel, **dict(quint8, qscheme=torch.per_channel_affine,
                 ch_axis=0)), (4, 3, 5), axis=0, constant=0.01, fused=False),
        observed("min-max-per-channel", FakeQuantize(PerChannelMinMaxObserver, **channel), (4, 3, 5),
                 axis=0, constant=0, fused=False, symmetric=True),
        observed("narrow", FakeQuantize(average, **dict(tensor, quant_min=-127)), (2, 30),
                 axis=-1, constant=0.01, fused=False, symmetric=True, bounds=[-127, 127]),
        observed("four-bits", FakeQuantize(average, **dict(tensor, quant_min=-8, quant_max=7)), (2, 30),
                 axis=-1, constant=0.01, fused=False, symmetric=True, bounds=[-8, 7]),
        observed("three-bits-affine", FakeQuantize(average, averaging_constant=0.3, **dict(quint8, quant_max=7)), (2, 30),
                 axis=-1, constant=0.3, fused=False, bounds=[0, 7]),
        observed("fused-four-bits", FusedMovingAvgObsFakeQuantize(
                 per_channel, **dict(channel, quant_min=-8, quant_max=7)), (4, 3, 5),
                 axis=0, constant=0.01, fused=True, symmetric=True, bounds=[-8, 7]),
    ]


def learned(name, shape, axis, scale, zero_point, symmetric, scaled):
    observer = MovingAveragePerChannelMinMaxObserver if axis >= 0 else MovingAverageMinMaxObserver
    qscheme = {(True, True): torch.per_channel_symmetric, (False, True): torch.per_tensor_symmetric,
               (False, False): torch.per_tensor_affine, (True, False): torch.per_channel_affine}[(axis >= 0, symmetric)]
    low, high, dtype = (-128, 127, torch.qint8) if symmetric else (0, 127, torch.quint8)
    module = _LearnableFakeQuantize(
        observer, quant_min=low, quant_max=high, scale=scale, zero_point=zero_point,
        channel_len=shape[axis] if axis >= 0 else -1, use_grad_scaling=scaled, dtype=dtype, qscheme=qscheme)
    if axis >= 0:
        module.activation_post_process.ch_axis = axis
        module.ch_axis = axis
    module.enable_param_learning()
    x = torch.randn(shape)
    x.requires_grad_(True)
    y = module(x)
    weights = torch.randn(shape)
    (y * weights).sum().backward()
    return {"name": name, "shape": list(shape), "axis": axis, "symmetric": symmetric, "scaled": scaled,
            "start_scale": scale, "start_zero_point": zero_point, "x": flat(x), "weights": flat(weights), "y": flat(y),
            "dx": flat(x.grad), "ds": flat(module.scale.grad), "dz": flat(module.zero_point.grad)}


def switched(name, module, shape, fused, switches):
    """Observing and rounding switched on and off: the same, after each batch. Runs of neither are no case."""
    rounds = []
    for (observing, rounding), x in zip(switches, batches(shape, len(switches))):
        (module.enable_observer if observing else module.disable_observer)()
        (module.enable_fake_quant if rounding else module.disable_fake_quant)()
        x.requires_grad_(True)
        y = module(x)
        weights = torch.randn(shape)
        (y * weights).sum().backward()
        observer = module.activation_post_process
        rounds.append({
            "observing": observing, "rounding": rounding,
            "x": flat(x), "weights": flat(weights), "y": flat(y), "dx": flat(x.grad),
            "scale": flat(module.scale), "zero_point": [int(v) for v in module.zero_point.flatten()],
            "min": flat(observer.min_val), "max": flat(observer.max_val)})
    return {"name": name, "shape": list(shape), "fused": fused, "rounds": rounds}


def switched_modules():
    quint8 = dict(quant_min=0, quant_max=255, dtype=torch.quint8, qscheme=torch.per_tensor_affine)
    late = [(True, True), (True, False), (True, False), (True, True), (False, True), (True, False), (False, True)]
    average = MovingAverageMinMaxObserver
    return [
        switched("moving-average", FakeQuantize(average, **quint8), (2, 10), False, late),
        switched("fused", FusedMovingAvgObsFakeQuantize(average, **quint8), (2, 10), True, late),
    ]


def clipped(name, bits, alpha, values):
    """PACT (arXiv 1805.06085, equations 1 to 3): its formula, differentiated by PyTorch; rounding passes gradients."""
    x = torch.tensor(values, requires_grad=True)
    a = torch.tensor([alpha], requires_grad=True)
    y = 0.5 * (x.abs() - (x - a).abs() + a)
    steps = 2 ** bits - 1
    scale = a.detach() / steps
    rounded = torch.round(y / scale) * scale
    y = y + (rounded - y).detach()
    # Of one sign, so that sums in another order agree.
    weights = torch.rand(x.shape) + 0.5
    (y * weights).sum().backward()
    return {"name": name, "bits": bits, "alpha": flat(a), "x": flat(x), "weights": flat(weights), "y": flat(y),
            "dx": flat(x.grad), "dalpha": flat(a.grad)}


def clipped_values():
    # The formula has kinks at 0 and at alpha, where any gradient between the sides' would do: none is tried.
    return (torch.randn(40) * 2).tolist()


def norm_trained(name, exact, frozen, bias, linear=False):
    """Conv + BN, or Linear + BN, as QAT trains it: output, gradients and statistics of two steps."""
    weight = FakeQuantize.with_args(
        observer=MovingAveragePerChannelMinMaxObserver, quant_min=-128, quant_max=127, dtype=torch.qint8,
        qscheme=torch.per_channel_symmetric, ch_axis=0)
    activation = FakeQuantize.with_args(
        observer=MovingAverageMinMaxObserver, quant_min=0, quant_max=255, dtype=torch.quint8)
    layer = nn.Linear(6, 4, bias=bias) if linear else nn.Conv2d(3, 4, 3, padding=1, bias=bias)
    norm = nn.BatchNorm1d(4) if linear else nn.BatchNorm2d(4)
    shape = (8, 6) if linear else (2, 3, 5, 5)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([0.5, 1.5, -0.75, 1.0]))
        norm.bias.copy_(torch.tensor([0.1, -0.2, 0.3, 0.0]))
        norm.running_mean.copy_(torch.tensor([0.2, 0.1, -0.1, 0.0]))
        norm.running_var.copy_(torch.tensor([0.8, 1.2, 0.5, 1.0]))
    fused = (nn.intrinsic.LinearBn1d if linear else nn.intrinsic.ConvBn2d)(layer, norm).train()
    fused.qconfig = QConfig(activation=activation, weight=weight)
    module = (nniqat.LinearBn1d if linear else nniqat.ConvBn2d).from_float(fused)
    module.train()
    module._enable_slow_path_for_better_numerical_stability = exact
    if frozen:
        module.freeze_bn_stats()
    start = {"weight": flat(module.weight), "bias": flat(module.bias) if bias else [],
             "gamma": flat(module.bn.weight), "beta": flat(module.bn.bias),
             "mean": flat(module.bn.running_mean), "variance": flat(module.bn.running_var), "epsilon": module.bn.eps}
    rounds = []
    for _ in range(2):
        x = torch.randn(shape)
        x.requires_grad_(True)
        module.zero_grad()
        y = module(x)
        weights = torch.randn_like(y)
        (y * weights).sum().backward()
        rounds.append({
            "x": flat(x), "weights": flat(weights), "y": flat(y), "dx": flat(x.grad),
            "dweight": flat(module.weight.grad), "dgamma": flat(module.bn.weight.grad),
            "dbeta": flat(module.bn.bias.grad),
            "mean": flat(module.bn.running_mean), "variance": flat(module.bn.running_var)})
    return {"name": name, "exact": exact, "frozen": frozen, "linear": linear, "start": start, "rounds": rounds}


goldens = {
    "torch": torch.__version__,
    "observed": fake_quantizers(),
    "learned": [
        learned("affine", (3, 20), -1, 0.02, 10.0, False, False),
        learned("affine-scaled", (3, 20), -1, 0.02, 10.0, False, True),
        learned("symmetric", (3, 20), -1, 0.015, 0.0, True, True),
        learned("per-channel", (4, 3, 5), 0, 0.012, 0.0, True, False),
        learned("per-channel-affine", (4, 3, 5), 0, 0.02, 9.0, False, True),
    ],
    "norm": [
        norm_trained("approximate", False, False, False),
        norm_trained("approximate-bias", False, False, True),
        norm_trained("exact", True, False, False),
        norm_trained("exact-bias", True, False, True),
        norm_trained("frozen", True, True, True),
        norm_trained("frozen-approximate", False, True, False),
        norm_trained("linear", False, False, True, linear=True),
        norm_trained("linear-without-bias", False, False, False, linear=True),
        norm_trained("linear-frozen", False, True, True, linear=True),
    ],
    "switched": switched_modules(),
    "clipped": [clipped("eight-bits", 8, 2.5, clipped_values()), clipped("four-bits", 4, 0.7, clipped_values()),
                clipped("all-clipped", 8, 0.01, clipped_values())],
}
with open(sys.argv[1], "w") as file:
    json.dump(goldens, file, separators=(",", ":"))
    file.write("\n")
