"""Known data for golden values, which the Java tests make too (class Batch).

Values of s <- (s * 1103515245 + 12345) & 0x7fffffff, s / 0x7fffffff * 2 - 1, summed three by three, times `scale` plus
`offset` in double, then rounded to float, then a ReLU if asked for.
"""

import numpy as np


def sums(seed, count):
    s = seed
    drawn = np.empty(3 * count)
    for i in range(3 * count):
        s = (s * 1103515245 + 12345) & 0x7FFFFFFF
        drawn[i] = s / 0x7FFFFFFF * 2 - 1
    drawn = drawn.reshape(count, 3)
    return drawn[:, 0] + drawn[:, 1] + drawn[:, 2]


def values(batch):
    x = sums(batch["seed"], batch["count"]) * batch["scale"] + batch["offset"]
    x = x.astype(np.float32)
    if batch.get("relu"):
        x = np.maximum(x, np.float32(0))
    if batch.get("infinite"):
        x[3] = np.inf
    return x


def b(seed, count, scale=1.0, offset=0.0, **more):
    return dict(seed=seed, count=count, scale=scale, offset=offset, **more)


# Cases that calibrators of all systems see.
CASES = {
    "g": [b(12345, 10000)],
    "g then g2": [b(12345, 10000), b(777, 10000, 1.7)],
    "g2 then g: within the range": [b(777, 10000, 1.7), b(12345, 10000)],
    "relu(g2) then 3 relu(g)": [b(777, 10000, 1.7, relu=True), b(12345, 10000, 3.0, relu=True)],
    "times 100": [b(12345, 10000, 100.0), b(777, 10000, 170.0)],
    "constant 2": [b(1, 100, 0.0, 2.0), b(2, 57, 0.0, 2.0)],
    "tiny": [b(7, 4000, 1e-7), b(8, 4000, 3e-7)],
    "outlier": [b(9, 20000), b(10, 1, 0.0, 9.0), b(11, 20000)],
    "outliers on both sides": [b(9, 20000, 0.5), b(10, 1, 0.0, 5.0), b(11, 2, 0.0, -7.0), b(12, 30000, 0.6)],
    "growing ranges": [b(10 + i, 3000, 0.1 * 1.3**i) for i in range(10)],
    "offset": [b(5, 4000, 1.0, 10.0), b(6, 4000, 2.0, 10.0)],
    "mostly zeros": [b(20 + i, 30000, 1.0, -1.5, relu=True) for i in range(4)],
    "many batches": [b(100 + i, 700, 1.0 + 0.3 * (i % 7), 0.05 * (i % 5)) for i in range(40)],
    "odd sizes": [b(200 + i, 1 + 997 * i % 4099, 1.0 + 0.01 * i) for i in range(25)],
}
