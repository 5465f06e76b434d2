#!/usr/bin/env python3
"""Makes the golden files of module data: arrays written by NumPy, a picture resized by Pillow.

usage: make_data_goldens.py RESOURCE_DIR      (NumPy and Pillow; the build never runs this)
"""
import json
import sys

import numpy as np
from PIL import Image

out = sys.argv[1]
rng = np.random.default_rng(7)
np.save(f"{out}/float32.npy", rng.standard_normal((3, 2, 5)).astype(np.float32))
np.save(f"{out}/big_endian.npy", np.arange(6, dtype=">i4").reshape(2, 3))
np.save(f"{out}/fortran.npy", np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)))
np.save(f"{out}/scalar.npy", np.float64(2.5))
np.save(f"{out}/objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
np.savez_compressed(
    f"{out}/samples.npz",
    x=np.arange(24, dtype=np.float32).reshape(4, 2, 3),
    ids=np.arange(4, dtype=np.int32).reshape(4, 1),
)

pixels = rng.integers(0, 256, (37, 53, 3), dtype=np.uint8)
Image.fromarray(pixels).save(f"{out}/picture.png")
resized = {}
for width, height in ((20, 11), (80, 64), (53, 37)):
    image = Image.fromarray(pixels).resize((width, height), Image.BILINEAR)
    resized[f"{width}x{height}"] = np.asarray(image).reshape(-1).tolist()
with open(f"{out}/picture_resized.json", "w") as f:
    json.dump(resized, f, separators=(",", ":"))
