"""Writes tensorrt-goldens.json: what NVIDIA's pytorch-quantization chooses in known data.

Its package is in tools/pytorch-quantization of the TensorRT repository. Only its calibrators and `tensor_quant` are
used, on the CPU. Run from this folder, with the folder of the package on PYTHONPATH:

    python make_tensorrt_goldens.py > ../resources/dev/octet/quantize/observer/tensorrt-goldens.json
"""

import importlib
import json
import struct
import sys
import types

import torch
from batches import CASES, values

torch.set_num_threads(1)
torch.Tensor.cuda = lambda self: self  # the error search asks for a GPU; its arithmetic does not

# What is not needed here, and pulls in compiled extensions.
for name in ("pytorch_quantization", "pytorch_quantization.calib", "pytorch_quantization.nn"):
    package = types.ModuleType(name)
    package.__path__ = [p + "/" + name.replace(".", "/") for p in sys.path]
    sys.modules[name] = package
for name in ("pytorch_quantization.cuda_ext", "pytorch_quantization.utils"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["absl"] = types.ModuleType("absl")
sys.modules["absl"].logging = types.SimpleNamespace(
    debug=lambda *a: None, log_first_n=lambda *a: None, INFO=0, warning=print, error=print
)
sys.modules["pytorch_quantization"].cuda_ext = sys.modules["pytorch_quantization.cuda_ext"]
sys.modules["pytorch_quantization"].utils = sys.modules["pytorch_quantization.utils"]
sys.modules["pytorch_quantization"].nn = sys.modules["pytorch_quantization.nn"]
sys.modules["pytorch_quantization"].calib = sys.modules["pytorch_quantization.calib"]


def bits(x):
    return struct.unpack("<i", struct.pack("<f", float(x)))[0]


def calibrate(histogram, batches):
    calibrator = histogram.HistogramCalibrator(num_bits=8, axis=None, unsigned=False)
    for batch in batches:
        calibrator.collect(torch.from_numpy(values(batch)))
    found = {}
    for name, arguments in {
        "entropy": dict(method="entropy"),
        "mse": dict(method="mse"),
        "percentile 99.99": dict(method="percentile"),
        "percentile 99.9": dict(method="percentile", percentile=99.9),
        "percentile 100": dict(method="percentile", percentile=100),
    }.items():
        try:
            found[name] = bits(calibrator.compute_amax(**arguments))
        except (IndexError, RuntimeError, ValueError) as e:
            print(name, type(e), e, file=sys.stderr)
    edges = calibrator._calib_bin_edges
    return dict(
        amax=found, bins=len(calibrator._calib_hist), edge1=bits(edges[1]), top=bits(edges[-1]), edges=len(edges)
    )


histogram = importlib.import_module("pytorch_quantization.calib.histogram")
results = []
for name, batches in CASES.items():
    print(name, file=sys.stderr)
    results.append(dict(name=name, batches=batches, **calibrate(histogram, batches)))
print(json.dumps(dict(cases=results), separators=(",", ":")).replace('{"name"', '\n{"name"'))
