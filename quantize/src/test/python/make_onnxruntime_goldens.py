"""Writes onnxruntime-goldens.json: what the calibrators of ONNX Runtime's quantization tool choose in known data.

Run from this folder with numpy 2 and the package onnxruntime (only `onnxruntime/quantization/calibrate.py` is used):

    python make_onnxruntime_goldens.py > ../resources/dev/octet/quantize/observer/onnxruntime-goldens.json

All batches of a case are one round of collection, as in `quantize_static`.
"""

import contextlib
import json
import struct
import sys

import numpy as np
from batches import CASES, values
from onnxruntime.quantization.calibrate import HistogramCollector

METHODS = {
    "entropy 128/128": dict(method="entropy", num_bins=128, num_quantized_bins=128),
    "entropy 512/128": dict(method="entropy", num_bins=512, num_quantized_bins=128),
    "entropy 2048/128": dict(method="entropy", num_bins=2048, num_quantized_bins=128),
    "percentile 99.999 symmetric": dict(method="percentile", num_bins=2048, percentile=99.999, symmetric=True),
    "percentile 99.9 symmetric": dict(method="percentile", num_bins=2048, percentile=99.9, symmetric=True),
    "percentile 99.999": dict(method="percentile", num_bins=2048, percentile=99.999),
    "percentile 99.9": dict(method="percentile", num_bins=2048, percentile=99.9),
    "percentile 95": dict(method="percentile", num_bins=512, percentile=95.0),
}
DEFAULTS = dict(symmetric=False, num_bins=None, num_quantized_bins=None, percentile=None, scenario="same")


def bits(x):
    return struct.unpack("<i", struct.pack("<f", float(x)))[0]


def run(settings, batches):
    collector = HistogramCollector(**{**DEFAULTS, **settings})
    data = np.concatenate([values(batch) for batch in batches])
    with contextlib.redirect_stdout(sys.stderr):
        collector.collect({"x": data})
        low, high = collector.compute_collection_result()["x"][:2]
    return [bits(low), bits(high)]


results = []
for name, batches in CASES.items():
    results.append(
        dict(name=name, batches=batches, ranges={m: run(settings, batches) for m, settings in METHODS.items()})
    )
print(json.dumps(dict(numpy=np.__version__, cases=results), separators=(",", ":")).replace('{"name"', '\n{"name"'))
