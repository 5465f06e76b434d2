"""Makes blocks.json beside this file: what ONNX Runtime's MatMulNBits quantizer makes of a matrix.

    python3 make_blocks.py        # with onnxruntime 1.30 and numpy
"""

import json
import pathlib

import numpy as np
from onnxruntime.capi._pybind_state import quantize_matmul_4bits, quantize_matmul_8bits


def case(bits, block, symmetric, k, n, rng):
    weights = (rng.standard_normal((k, n)) * rng.uniform(0.01, 2, (1, n)) + rng.uniform(-1, 1, (1, n))).astype(np.float32)
    weights[:block, 0] = 0
    blocks = -(-k // block)
    packed = np.zeros((n, blocks, block * bits // 8), dtype=np.uint8)
    scales = np.zeros(n * blocks, dtype=np.float32)
    zeros = np.zeros(n * ((blocks * bits + 7) // 8), dtype=np.uint8)
    (quantize_matmul_4bits if bits == 4 else quantize_matmul_8bits)(packed, weights, scales, zeros, block, n, k, symmetric)
    halves = np.stack([packed & 15, packed >> 4], axis=-1).reshape(n, -1) if bits == 4 else packed.reshape(n, -1)
    points = zeros.reshape(n, -1)
    points = np.stack([points & 15, points >> 4], axis=-1).reshape(n, -1) if bits == 4 else points
    return {
        "bits": bits, "block": block, "symmetric": symmetric, "k": k, "n": n,
        "weights": [float(w) for w in weights.ravel()],
        # By rows of the weights.
        "codes": halves[:, :k].T.ravel().tolist(), "scales": [float(s) for s in scales.reshape(n, blocks).T.ravel()],
        "zeroPoints": None if symmetric else points[:, :blocks].T.ravel().tolist()}


def main():
    rng = np.random.default_rng(5)
    cases = [case(bits, block, symmetric, k, 3, rng)
             for bits in (4, 8) for symmetric in (True, False) for block, k in ((16, 64), (32, 80))]
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    pathlib.Path(__file__).with_name("blocks.json").write_text(f"[\n{lines}\n]\n")


main()
