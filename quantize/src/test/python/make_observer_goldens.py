"""Writes observer-goldens.json: what PyTorch's observers find in known data.

Run with PyTorch 2.13 on a machine with AVX2, from this folder:

    python make_observer_goldens.py > ../resources/dev/octet/quantize/observer/observer-goldens.json

The data are not stored but described, see batches.py. Histograms are stored as the CRC-32 of their floats.
"""

import json
import struct
import sys
import zlib

import numpy as np
import torch
from batches import b, values
from torch.ao.quantization import observer


def data(batch):
    return torch.from_numpy(values(batch))


torch.set_num_threads(1)  # linspace and sums depend on how work is split

SCHEMES = {
    "quint8": dict(dtype=torch.quint8, qscheme=torch.per_tensor_affine),
    "quint8-reduced": dict(dtype=torch.quint8, qscheme=torch.per_tensor_affine, reduce_range=True),
    "qint8": dict(dtype=torch.qint8, qscheme=torch.per_tensor_affine),
    "qint8-symmetric": dict(dtype=torch.qint8, qscheme=torch.per_tensor_symmetric),
    "quint8-symmetric": dict(dtype=torch.quint8, qscheme=torch.per_tensor_symmetric),
}


G = b(12345, 10000)
G2 = b(777, 10000, 1.7)

CASES = {
    "g": [G],
    "g then g2": [G, G2],
    "g then g2, times 100": [b(12345, 10000, 100.0), b(777, 10000, 170.0)],
    "relu(g2) then 3 relu(g)": [b(777, 10000, 1.7, relu=True), b(12345, 10000, 3.0, relu=True)],
    "g2 then g: within the range": [G2, G],
    "zeros": [b(1, 1000, 0.0), b(2, 1000, 0.0)],
    "constant 2": [b(1, 100, 0.0, 2.0), b(2, 57, 0.0, 2.0)],
    "constant -0.3, then data": [b(1, 100, 0.0, -0.3), b(2, 5000, 0.5)],
    "constant outside of later data's middle": [b(1, 300, 0.0, 7.0), b(2, 5000, 0.5)],
    "single elements": [b(i, 1, 2.0) for i in range(1, 9)],
    "single positive element": [b(3, 1, 0.0, 0.25)],
    "growing ranges": [b(10 + i, 3000, 0.1 * 1.5**i) for i in range(10)],
    "growing upwards": [b(10 + i, 2500, 1.0, 0.7 * i) for i in range(8)],
    "large offset": [b(5, 4000, 1.0, 1000.0), b(6, 4000, 2.0, 1000.0)],
    "large negative offset": [b(5, 4000, 0.01, -300.0), b(6, 4000, 0.02, -300.5)],
    "tiny": [b(7, 4000, 1e-7), b(8, 4000, 3e-7)],
    "huge": [b(7, 4000, 1e30), b(8, 4000, 3e30)],
    "outlier": [b(9, 20000), b(10, 1, 0.0, 40.0), b(11, 20000)],
    "outliers on both sides": [b(9, 20000, 0.2), b(10, 1, 0.0, 13.0), b(11, 2, 0.0, -29.0), b(12, 30000, 0.3)],
    "mostly zeros": [b(20 + i, 30000, 1.0, -1.5, relu=True) for i in range(6)],
    "with an infinity": [G, b(777, 5000, 1.7, infinite=True)],
    "many batches": [b(100 + i, 700, 1.0 + 0.3 * (i % 7), 0.05 * (i % 5)) for i in range(40)],
    "odd sizes": [b(200 + i, 1 + 997 * i % 4099, 1.0 + 0.01 * i) for i in range(25)],
}


def bits(x):
    return struct.unpack("<i", struct.pack("<f", x))[0]


def run(make, batches, keep):
    results = {}
    for name, scheme in SCHEMES.items():
        obs = make(**scheme)
        for batch in batches:
            x = data(batch)
            if not torch.isinf(x).any() or isinstance(obs, observer.HistogramObserver):
                obs(x)
        scale, zero_point = obs.calculate_qparams()
        results[name] = [bits(scale.item()), int(zero_point.item())]
        state = keep(obs)
    return dict(state, params=results)


def histogram_state(obs):
    counts = obs.histogram.numpy()
    return dict(
        min=bits(obs.min_val.item()),
        max=bits(obs.max_val.item()),
        mass=float(counts.sum(dtype=np.float64)),
        crc=zlib.crc32(counts.astype("<f4").tobytes()),
    )


def range_state(obs):
    return dict(min=bits(obs.min_val.item()), max=bits(obs.max_val.item()))


def per_channel(shape, axis, seeds):
    results = {}
    for name, scheme in (
        ("qint8-symmetric", dict(dtype=torch.qint8, qscheme=torch.per_channel_symmetric)),
        ("qint8", dict(dtype=torch.qint8, qscheme=torch.per_channel_affine)),
    ):
        obs = observer.PerChannelMinMaxObserver(ch_axis=axis, **scheme)
        for seed in seeds:
            obs(data(b(seed, int(np.prod(shape)))).reshape(shape))
        scale, zero_point = obs.calculate_qparams()
        results[name] = [[bits(s) for s in scale.tolist()], [int(z) for z in zero_point.tolist()]]
    return dict(shape=shape, axis=axis, seeds=seeds, params=results)


def main():
    assert torch.__version__.startswith("2.13."), torch.__version__
    assert torch.backends.cpu.get_cpu_capability() == "AVX2"
    cases = []
    for name, batches in CASES.items():
        print(name, file=sys.stderr)
        cases.append(
            dict(
                name=name,
                batches=batches,
                minmax=run(observer.MinMaxObserver, batches, range_state),
                average=run(observer.MovingAverageMinMaxObserver, batches, range_state),
                histogram=run(observer.HistogramObserver, batches, histogram_state),
            )
        )
    channels = [
        per_channel([4, 3, 3, 3], 0, [1, 2]),
        per_channel([4, 5], 1, [3]),
        per_channel([6, 1, 5, 5], 0, [4, 5, 6]),
        per_channel([2, 3, 4], 1, [7, 8]),
    ]
    print(json.dumps(dict(cases=cases, channels=channels), separators=(",", ":")).replace('{"name"', '\n{"name"'))


main()
