"""Makes blocks.json beside this file: what ONNX Runtime's MatMulNBits quantizer makes of a matrix.

    python3 make_blocks.py        # with onnxruntime 1.30 and numpy
"""

import json
import pathlib

import numpy as np
from onnxruntime.capi._pybind_state import quantize_matmul_2bits, quantize_matmul_4bits, quantize_matmul_8bits


def parts(packed, bits, rows):
    """Codes side by side from the low bits on."""
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    return ((packed[..., None] >> shifts) & (2**bits - 1)).reshape(rows, -1)


def case(bits, block, symmetric, k, n, rng):
    weights = (rng.standard_normal((k, n)) * rng.uniform(0.01, 2, (1, n)) + rng.uniform(-1, 1, (1, n))).astype(np.float32)
    weights[:block, 0] = 0
    blocks = -(-k // block)
    packed = np.zeros((n, blocks, block * bits // 8), dtype=np.uint8)
    scales = np.zeros(n * blocks, dtype=np.float32)
    zeros = np.zeros(n * ((blocks * bits + 7) // 8), dtype=np.uint8)
    quantize = {2: quantize_matmul_2bits, 4: quantize_matmul_4bits, 8: quantize_matmul_8bits}[bits]
    quantize(packed, weights, scales, zeros, block, n, k, symmetric)
    codes, points = parts(packed, bits, n), parts(zeros, bits, n)
    return {
        "bits": bits, "block": block, "symmetric": symmetric, "k": k, "n": n,
        "weights": [float(w) for w in weights.ravel()],
        # By rows of the weights.
        "codes": codes[:, :k].T.ravel().tolist(), "scales": [float(s) for s in scales.reshape(n, blocks).T.ravel()],
        "zeroPoints": None if symmetric else points[:, :blocks].T.ravel().tolist()}


def main():
    rng = np.random.default_rng(5)
    cases = [case(bits, block, symmetric, k, 3, rng)
             for bits in (4, 8, 2) for symmetric in (True, False) for block, k in ((16, 64), (32, 80))]
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    pathlib.Path(__file__).with_name("blocks.json").write_text(f"[\n{lines}\n]\n")


main()
