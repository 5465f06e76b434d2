"""Writes channel-goldens.json: PyTorch's moving average of channels and its fixed parameters.

Run with PyTorch (1.13 and 2.13 give the same), from this folder:

    python make_channel_goldens.py > ../resources/dev/octet/quantize/observer/channel-goldens.json
"""

import json
import struct

import numpy as np
import torch
from batches import b, values
from torch.ao.quantization import observer

SCHEMES = {
    "qint8-symmetric": dict(dtype=torch.qint8, qscheme=torch.per_channel_symmetric),
    "qint8": dict(dtype=torch.qint8, qscheme=torch.per_channel_affine),
    "quint8": dict(dtype=torch.quint8, qscheme=torch.per_channel_affine),
}
SHAPES = [([4, 3, 3, 3], 0), ([4, 5], 1), ([6, 1, 5, 5], 0), ([2, 3, 4], 1), ([3, 2, 7], 2)]


def bits(x):
    return struct.unpack("<i", struct.pack("<f", x))[0]


def averages(shape, axis, constant, seeds):
    params = {}
    for name, scheme in SCHEMES.items():
        obs = observer.MovingAveragePerChannelMinMaxObserver(averaging_constant=constant, ch_axis=axis, **scheme)
        for i, seed in enumerate(seeds):
            obs(torch.from_numpy(values(b(seed, int(np.prod(shape)), 1.0 + i))).reshape(shape))
        scale, zero_point = obs.calculate_qparams()
        params[name] = [[bits(s) for s in scale.tolist()], [int(z) for z in zero_point.tolist()]]
    return dict(
        shape=shape,
        axis=axis,
        constant=constant,
        seeds=seeds,
        mins=[bits(x) for x in obs.min_val.tolist()],
        maxs=[bits(x) for x in obs.max_val.tolist()],
        params=params,
    )


def fixed(make):
    scale, zero_point = make.calculate_qparams()
    return [bits(scale.item()), int(zero_point.item())]


cases = [
    averages(shape, axis, constant, [11 + i for i in range(count)])
    for shape, axis in SHAPES
    for constant, count in ((0.01, 1), (0.01, 5), (0.25, 4), (1.0, 3))
]
print(
    json.dumps(
        dict(
            torch=torch.__version__,
            averages=cases,
            fixed=dict(
                zeroToOne=fixed(observer.default_fixed_qparams_range_0to1_observer()),
                minusOneToOne=fixed(observer.default_fixed_qparams_range_neg1to1_observer()),
            ),
        ),
        separators=(",", ":"),
    ).replace('{"shape"', '\n{"shape"')
)
