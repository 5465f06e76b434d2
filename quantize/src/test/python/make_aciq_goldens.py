"""Writes aciq-goldens.json: where ACIQ (arXiv 1810.05723) clips known data, taken for Laplace's distribution.

Run from this folder with numpy 2:

    python make_aciq_goldens.py > ../resources/dev/octet/quantize/observer/aciq-goldens.json

The best threshold is searched in the expected error itself, 2*b^2*exp(-a/b) + a^2/(3*4^M); b is the mean deviation
from the mean. No system computes it for 8 bits, so this is the paper's formula.
"""

import json

import numpy as np
from batches import CASES, values


def factor(bits):
    """The a/b of least error, by golden-section search."""
    low, high = 0.1, 40.0
    ratio = (5**0.5 - 1) / 2

    def error(x):
        # Twice the expected error is scaled so that its digits suffice.
        return 2 * np.exp(-np.longdouble(x)) + np.longdouble(x) ** 2 / (3 * np.longdouble(4) ** bits)

    while high - low > 1e-9:
        a = high - ratio * (high - low)
        b = low + ratio * (high - low)
        if error(a) < error(b):
            high = b
        else:
            low = a
    return (low + high) / 2


FACTORS = {bits: factor(bits) for bits in range(2, 10)}
results = []
for name, batches in CASES.items():
    x = np.concatenate([values(batch) for batch in batches]).astype(np.float64)
    deviation = float(np.abs(x - x.mean()).mean())
    results.append(dict(name=name, batches=batches, deviation=deviation, low=float(x.min()), high=float(x.max())))
table = {str(bits): float(f) for bits, f in FACTORS.items()}
print(json.dumps(dict(factors=table, cases=results), separators=(",", ":")).replace('{"name"', '\n{"name"'))
