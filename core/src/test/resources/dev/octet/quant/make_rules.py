"""Writes rules.json: parameters that PyTorch's run-time rule and gemmlowp's choose, and floating zero points.

Run with PyTorch (made with 1.13), a C++ compiler and the path of gemmlowp's doc/quantization_example.cc, whose
`ChooseQuantizationParams` is compiled stand-alone:

    python make_rules.py QUANTIZATION_EXAMPLE > rules.json

Floats are written as their 32 bits.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.ao.quantization.observer import PerChannelMinMaxObserver

random = np.random.default_rng(20261124)

FIXED = [
    (0, 0), (2, 2), (-3, -3), (-1, 1), (-1, 0.5), (-0.5, 1), (0.25, 0.5), (-0.5, -0.25), (0, 1e-30), (-1e-44, 0),
    (0, 1e-3), (-1e-3, 0), (-1e-3, 2e-3), (-1e-38, 1e-37), (-1, 2), (0, 255), (-128, 127), (-127.5, 127.5),
]  # fmt: skip


def bits(values):
    return np.asarray(values, np.float32).ravel().view(np.int32).tolist()


def ranges(count):
    scale = np.float32(10) ** random.uniform(-5, 4, count).astype(np.float32)
    a = random.standard_normal(count).astype(np.float32) * scale
    b = random.standard_normal(count).astype(np.float32) * scale
    low, high = np.minimum(a, b), np.maximum(a, b)
    low[: len(FIXED)] = [f[0] for f in FIXED]
    high[: len(FIXED)] = [f[1] for f in FIXED]
    return low, high


def fused(low, high, quant_min, quant_max, symmetric):
    """The first batch of a fused fake quantization has its own range."""
    state = dict(
        running_min=torch.tensor(float("inf")),
        running_max=torch.tensor(float("-inf")),
        scale=torch.ones(1),
        zero_point=torch.zeros(1, dtype=torch.int32),
    )
    on = torch.tensor([1])
    torch.fused_moving_avg_obs_fake_quant(
        torch.tensor([low, high]), on, on, state["running_min"], state["running_max"], state["scale"],
        state["zero_point"], 0.01, quant_min, quant_max, -1, False, symmetric,
    )  # fmt: skip
    return state["scale"].item(), state["zero_point"].item()


def run_time_rule():
    cases = []
    for dtype, quant_min, quant_max, symmetric in [
        ("UINT8", 0, 255, False),
        ("UINT8", 0, 127, False),
        ("INT8", -128, 127, False),
        ("INT8", -64, 63, False),
        ("INT8", -128, 127, True),
        ("INT8", -127, 127, True),
    ]:
        low, high = ranges(60)
        found = [fused(lo, hi, quant_min, quant_max, symmetric) for lo, hi in zip(low, high)]
        if dtype == "UINT8":
            # The operator that quantizes at run time agrees.
            for lo, hi, (scale, zero_point) in zip(low, high, found):
                s, z = torch._choose_qparams_per_tensor(torch.tensor([lo, hi]), quant_max == 127)
                assert np.float32(s) == np.float32(scale) and z == zero_point, (lo, hi)
        cases.append(
            dict(
                dtype=dtype, quantMin=quant_min, quantMax=quant_max, symmetric=symmetric,
                low=bits(low), high=bits(high),
                scales=bits([f[0] for f in found]), zeroPoints=[int(f[1]) for f in found],
            )  # fmt: skip
        )
    return cases


MAIN = """
int main() {
  float min, max;
  while (scanf("%f %f", &min, &max) == 2) {
    QuantizationParams p = ChooseQuantizationParams(min, max);
    printf("%.9g %d\\n", p.scale, (int)p.zero_point);
  }
}
"""


def gemmlowp(source):
    text = Path(source).read_text()
    structure = text[text.index("struct QuantizationParams") :]
    structure = structure[: structure.index("};") + 2]
    function = text[text.index("QuantizationParams ChooseQuantizationParams") :]
    function = function[: function.index("\n}\n") + 3]
    low, high = ranges(60)
    wide = high > np.maximum(low, 0) + 1e-20
    wide |= (low < -1e-20) & (high >= low)
    low, high = low[wide], high[wide]
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "rule.cc"
        head = "#include <algorithm>\n#include <cassert>\n#include <cmath>\n#include <cstdint>\n#include <cstdio>\n"
        program.write_text(head + "using namespace std;\n" + structure + function + MAIN)
        subprocess.run(["g++", "-O1", "-o", folder + "/rule", program], check=True)
        pairs = "".join(f"{lo:.9g} {hi:.9g}\n" for lo, hi in zip(low, high))
        out = subprocess.run([folder + "/rule"], input=pairs, check=True, capture_output=True, text=True).stdout
    found = [line.split() for line in out.splitlines()]
    return dict(
        low=bits(low), high=bits(high),
        scales=bits([float(f[0]) for f in found]), zeroPoints=[int(f[1]) for f in found],
    )  # fmt: skip


def float_zero_points():
    cases = []
    for dtype, name, most in ((torch.quint8, "UINT8", 255), (torch.quint4x2, "UINT4", 15)):
        rows = random.standard_normal((6, 16)).astype(np.float32)
        rows[1] = 0.5
        rows[2] += 3
        rows[3] = np.abs(rows[3])
        rows[4] *= 1e-4
        observer = PerChannelMinMaxObserver(
            ch_axis=0, dtype=dtype, qscheme=torch.per_channel_affine_float_qparams,
            **(dict(quant_min=0, quant_max=15) if most == 15 else {}),
        )  # fmt: skip
        observer(torch.from_numpy(rows))
        scale, zero_point = observer.calculate_qparams()
        q = torch.quantize_per_channel(torch.from_numpy(rows), scale, zero_point, 0, torch.quint8)
        codes = np.minimum(q.int_repr().numpy(), most)
        case = dict(
            dtype=name, shape=list(rows.shape), x=bits(rows), scales=bits(scale), zeroPoints=bits(zero_point),
            q=codes.ravel().tolist(),
        )  # fmt: skip
        if most == 255:
            case["real"] = bits(q.dequantize())
        cases.append(case)
    return cases


print(
    json.dumps(
        dict(torch=torch.__version__, runTime=run_time_rule(), gemmlowp=gemmlowp(sys.argv[1]), table=float_zero_points()),
        separators=(",", ":"),
    ).replace('{"dtype"', '\n{"dtype"')
)
