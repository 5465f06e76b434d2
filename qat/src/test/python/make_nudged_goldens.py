#!/usr/bin/env python3
"""Makes nudged-goldens.json: what TensorFlow's kernels of fake quantization give, forward and backward.

The kernels are called through TensorFlow's C interface, so that its Python packages need not be installed: of the wheel
tensorflow_cpu only the two libraries are wanted.

unzip tensorflow_cpu-2.21.0-*.whl tensorflow/libtensorflow_framework.so.2 tensorflow/libtensorflow_cc.so.2
python3 make_nudged_goldens.py tensorflow ../resources/dev/octet/qat/nudged-goldens.json
"""
import ctypes
import json
import sys

import numpy as np

FLOAT = 1


class TensorFlow:
    def __init__(self, folder):
        ctypes.CDLL(folder + "/libtensorflow_framework.so.2", ctypes.RTLD_GLOBAL)
        self.lib = ctypes.CDLL(folder + "/libtensorflow_cc.so.2", ctypes.RTLD_GLOBAL)
        for name in ("TF_NewStatus", "TF_AllocateTensor", "TF_TensorData", "TFE_NewContextOptions", "TFE_NewContext",
                     "TFE_NewOp", "TFE_NewTensorHandle", "TFE_TensorHandleResolve"):
            getattr(self.lib, name).restype = ctypes.c_void_p
        self.lib.TF_Version.restype = ctypes.c_char_p
        self.lib.TF_Message.restype = ctypes.c_char_p
        self.lib.TF_TensorByteSize.restype = ctypes.c_size_t
        self.status = ctypes.c_void_p(self.lib.TF_NewStatus())
        options = ctypes.c_void_p(self.lib.TFE_NewContextOptions())
        self.context = ctypes.c_void_p(self.lib.TFE_NewContext(options, self.status))
        self.check()

    def check(self):
        if self.lib.TF_GetCode(self.status) != 0:
            raise RuntimeError(self.lib.TF_Message(self.status).decode())

    def handle(self, array):
        array = np.asarray(array, np.float32)
        dims = (ctypes.c_int64 * array.ndim)(*array.shape)
        tensor = ctypes.c_void_p(self.lib.TF_AllocateTensor(FLOAT, dims, array.ndim, ctypes.c_size_t(array.nbytes)))
        ctypes.memmove(self.lib.TF_TensorData(tensor), array.ctypes.data, array.nbytes)
        handle = ctypes.c_void_p(self.lib.TFE_NewTensorHandle(tensor, self.status))
        self.check()
        return handle

    def run(self, name, inputs, results, bits):
        op = ctypes.c_void_p(self.lib.TFE_NewOp(self.context, name.encode(), self.status))
        self.check()
        self.lib.TFE_OpSetAttrInt(op, b"num_bits", ctypes.c_int64(bits))
        for value in inputs:
            self.lib.TFE_OpAddInput(op, self.handle(value), self.status)
            self.check()
        handles = (ctypes.c_void_p * results)()
        count = ctypes.c_int(results)
        self.lib.TFE_Execute(op, handles, ctypes.byref(count), self.status)
        self.check()
        return [self.array(ctypes.c_void_p(h)) for h in handles]

    def array(self, handle):
        tensor = ctypes.c_void_p(self.lib.TFE_TensorHandleResolve(handle, self.status))
        self.check()
        size = self.lib.TF_TensorByteSize(tensor)
        return np.frombuffer(ctypes.string_at(self.lib.TF_TensorData(tensor), size), np.float32).copy()


def flat(array):
    # Nine digits say which float it is.
    return [float(f"{float(v):.9g}") for v in array]


def case(tensorflow, random, low, high, bits):
    spread = high - low
    x = random.uniform(low - spread / 2, high + spread / 2, 60).astype(np.float32)
    # Of one sign, so that sums in another order agree.
    weights = random.uniform(0.5, 1.5, 60).astype(np.float32)
    ends = [np.float32(low), np.float32(high)]
    y, = tensorflow.run("FakeQuantWithMinMaxVars", [x, *ends], 1, bits)
    dx, dmin, dmax = tensorflow.run("FakeQuantWithMinMaxVarsGradient", [weights, x, *ends], 3, bits)
    return {"low": low, "high": high, "bits": bits, "x": flat(x), "weights": flat(weights), "y": flat(y),
            "dx": flat(dx), "dmin": flat(dmin), "dmax": flat(dmax)}


def main():
    # First, since it loads Python's cryptography, and TensorFlow brings one of its own under the same names.
    random = np.random.default_rng(20261124)
    tensorflow = TensorFlow(sys.argv[1])
    ranges = [(-0.3, 1.0), (-1.0, 0.5), (0.0, 6.0), (-2.7, 0.0), (-0.001, 3.0), (-5.0, 0.004), (-1.0, 1.0)]
    cases = [case(tensorflow, random, low, high, bits) for bits in (8, 4, 2) for low, high in ranges]
    with open(sys.argv[2], "w") as file:
        json.dump({"tensorflow": tensorflow.lib.TF_Version().decode(), "nudged": cases}, file, separators=(",", ":"))
        file.write("\n")


main()
