"""Writes scale-search.json: the multipliers that ncnn's `ncnn2table method=eq` would find for two layers.

Run from this folder with numpy 2:

    python make_scale_search_goldens.py > ../resources/dev/octet/quantize/algorithm/scale-search.json

The search is that of the reference, section 3: 100 multipliers from half to twice, of each weight channel, then of the
input, the first with the greatest sum of cosines over the samples. Written from its formulas, sums in double.
"""

import json

import numpy as np
from batches import sums

SAMPLES, STEPS = 4, 100


def float2int8(x):
    return np.clip(np.trunc(x + np.copysign(np.float32(0.5), x)), -127, 127)


def drawn(seed, *shape, scale=1.0):
    return (sums(seed, int(np.prod(shape))) * scale).astype(np.float32).reshape(shape)


def windows(x):
    """Columns of a 3x3 convolution with padding 1: [C*9, H*W]."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    rows, columns = x.shape[1:]
    parts = [padded[:, i : i + rows, j : j + columns].reshape(len(x), -1) for i in range(3) for j in range(3)]
    return np.stack(parts, 1).reshape(len(x) * 9, -1)


def result(x, w, b, mx, mw):
    """[channels, places]"""
    acc = float2int8(w * mw[:, None]).astype(np.float64) @ float2int8(x * mx).astype(np.float64)
    factor = (np.float32(1) / (mx * mw)).astype(np.float32)
    return np.maximum((acc.astype(np.float32) * factor[:, None] + b[:, None]).astype(np.float32), 0)


def cosine(a, b):
    a, b = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
    return (a @ b) / np.sqrt(a @ a) / np.sqrt(b @ b)


def best(multiplier, similarity):
    low = np.float32(multiplier * np.float32(0.5))
    step = np.float32((np.float32(multiplier * 2) - low) / np.float32(STEPS))
    found, greatest = multiplier, 0.0
    for k in range(STEPS):
        m = np.float32(low + np.float32(np.float32(k) * step))
        s = similarity(m)
        if greatest < s:
            greatest, found = s, m
    return found


def search(xs, w, b, mx, mw):
    reals = [np.maximum(w.astype(np.float64) @ x.astype(np.float64) + b[:, None], 0).astype(np.float32) for x in xs]
    mw = mw.copy()

    def total(mx, mw):
        return sum(cosine(y, result(x, w, b, mx, mw)) for x, y in zip(xs, reals))

    for j in range(len(mw)):

        def changed(m, j=j):
            other = mw.copy()
            other[j] = m
            return total(mx, other)

        mw[j] = best(mw[j], changed)
    return best(mx, lambda m: total(m, mw)), mw


def case(name, xs, columns, w, b):
    flat = w.reshape(len(w), -1)
    mw = (np.float32(127) / np.abs(flat).max(1)).astype(np.float32)
    mx = np.float32(127 / (0.8 * max(np.abs(x).max() for x in xs)))
    found, weights = search(columns, flat, b, mx, mw)
    return dict(
        name=name,
        input=float(mx),
        weights=[float(m) for m in mw],
        foundInput=float(found),
        foundWeights=[float(m) for m in weights],
    )


images = [drawn(10 + s, 3, 6, 6) for s in range(SAMPLES)]
kernel, bias = drawn(20, 4, 3, 3, 3, scale=0.3), drawn(21, 4, scale=0.1)
rows = [drawn(30 + s, 8, 12) for s in range(SAMPLES)]
matrix, bias2 = drawn(40, 5, 12, scale=0.3), drawn(41, 5, scale=0.1)
cases = [
    case("conv", images, [windows(x) for x in images], kernel, bias),
    case("product", rows, [x.T for x in rows], matrix, bias2),
]
print(json.dumps(dict(cases=cases)).replace('{"name"', '\n{"name"'))
