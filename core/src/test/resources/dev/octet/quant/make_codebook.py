"""Makes codebook.json beside this file: NF4 blocks as ONNX Runtime's MatMulBnb4 quantizer (bitsandbytes' rule) packs them.

    python3 make_codebook.py        # with onnxruntime 1.30 and numpy
"""

import json
import pathlib

import numpy as np
from onnxruntime.capi._pybind_state import quantize_matmul_bnb4

N, K, BLOCK, NF4 = 5, 192, 64, 1


def main():
    rng = np.random.default_rng(4)
    weights = (rng.standard_normal((N, K)) * np.repeat(rng.uniform(0.01, 3, (N, K // BLOCK)), BLOCK, axis=1)).astype(np.float32)
    weights[2, :BLOCK] = 0
    packed = np.zeros((N * K + 1) // 2, dtype=np.uint8)
    absmax = np.zeros(N * K // BLOCK, dtype=np.float32)
    # Blocks are runs of the array as it lies in memory.
    quantize_matmul_bnb4(packed, weights, absmax, BLOCK, NF4, N, K)
    codes = np.stack([packed >> 4, packed & 15], axis=1).ravel()
    case = {"n": N, "k": K, "block": BLOCK, "weights": [float(w) for w in weights.ravel()], "codes": codes.tolist(),
            "absmax": [float(a) for a in absmax]}
    pathlib.Path(__file__).with_name("codebook.json").write_text(json.dumps(case, separators=(",", ":")) + "\n")


main()
