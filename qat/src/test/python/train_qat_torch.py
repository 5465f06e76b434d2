#!/usr/bin/env python3
"""Quantization-aware training of the depthwise network of CompareTraining with PyTorch's own modules.

    python3 train_qat_torch.py DATA depthwise-float.onnx [SEED ...]

DATA is a folder of MNIST or Fashion-MNIST; the float weights are those that CompareTraining wrote. Same data, batches,
optimizer, epochs and schedule as there; prints the accuracy of the converted network for each seed.
"""
import gzip
import math
import os
import sys

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.ao.quantization import (
    DeQuantStub,
    QuantStub,
    convert,
    disable_observer,
    fuse_modules_qat,
    get_default_qat_qconfig,
    prepare_qat,
)
import torch.nn.intrinsic.qat as nniqat

TRAINING, BATCH, EPOCHS, RATE = 20_000, 64, 4, 0.00004


def idx(folder, name, offset):
    path = os.path.join(folder, name)
    with (gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path, "rb")) as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


def images(folder, part, limit):
    labels = idx(folder, f"{part}-labels-idx1-ubyte", 8)[:limit].astype(np.int64)
    pixels = idx(folder, f"{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)[:limit]
    return torch.from_numpy(pixels.astype(np.float32) / 255), torch.from_numpy(labels)


def block(inputs, outputs, kernel, stride, groups=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs), nn.ReLU6())


class Depthwise(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        layers = [block(1, 16, 3, 2)]
        channels = 16
        for outputs, stride in ((32, 2), (64, 1), (64, 1), (128, 2)):
            layers += [block(channels, channels, 3, stride, channels), block(channels, outputs, 1, 1)]
            channels = outputs
        self.layers = nn.Sequential(*layers)
        self.pool, self.head = nn.AdaptiveAvgPool2d(1), nn.Linear(128, 10)

    def forward(self, x):
        return self.dequant(self.head(torch.flatten(self.pool(self.layers(self.quant(x))), 1)))

    def load(self, path):
        """Weights in the order of the graph: convolutions, then the classifier; normalizations by their numbers."""
        graph = onnx.load(path).graph
        weights = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
        convolutions = iter([n for n in graph.node if n.op_type == "Conv"])
        norms = iter([n for n in graph.node if n.op_type == "BatchNormalization"])
        with torch.no_grad():
            for module in self.modules():
                if isinstance(module, nn.Conv2d):
                    module.weight.copy_(weights[next(convolutions).input[1]])
                elif isinstance(module, nn.BatchNorm2d):
                    node = next(norms)
                    for target, name in zip(
                            (module.weight, module.bias, module.running_mean, module.running_var), node.input[1:]):
                        target.copy_(weights[name])
            head = next(n for n in graph.node if n.op_type == "Gemm")
            self.head.weight.copy_(weights[head.input[1]])
            self.head.bias.copy_(weights[head.input[2]])
        return self


def accuracy(model, data):
    model.eval()
    x, y = data
    with torch.no_grad():
        right = sum(int((model(x[i:i + 200]).argmax(1) == y[i:i + 200]).sum()) for i in range(0, len(y), 200))
    return 100 * right / len(y)


def aware(path, training, tests, seed):
    torch.manual_seed(seed)
    model = Depthwise().load(path)
    # PyTorch fuses ReLU, not ReLU6, into a convolution; the activation is observed by itself.
    model.train()
    fuse_modules_qat(model, [[f"layers.{i}.0", f"layers.{i}.1"] for i in range(len(model.layers))], inplace=True)
    model.qconfig = get_default_qat_qconfig("fbgemm")
    prepare_qat(model, inplace=True)
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    x, y = training
    settled = max(1, math.ceil(2 * EPOCHS / 3))
    for epoch in range(EPOCHS):
        model.train()
        for group in optimizer.param_groups:
            group["lr"] = RATE * (0.01 + 0.99 * (1 + math.cos(math.pi * epoch / EPOCHS)) / 2)
        if epoch >= settled:
            model.apply(disable_observer)
            model.apply(nniqat.freeze_bn_stats)
        order = torch.randperm(len(y))
        for i in range(0, len(y), BATCH):
            rows = order[i:i + BATCH]
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
    fake = accuracy(model, tests)
    # The engine that the configuration is for. (PyTorch 2.13's QNNPACK gives 9 % with weights per channel.)
    torch.backends.quantized.engine = "fbgemm"
    return fake, accuracy(convert(model.eval()), tests)


def main():
    torch.set_num_threads(1)
    training, tests = images(sys.argv[1], "train", TRAINING), images(sys.argv[1], "t10k", 10_000)
    print(f"PyTorch {torch.__version__}")
    print(f"float {accuracy(Depthwise().load(sys.argv[2]), tests):.2f} %", flush=True)
    for seed in map(int, sys.argv[3:] or ("1", "2", "3")):
        fake, converted = aware(sys.argv[2], training, tests, seed)
        print(f"seed {seed}: fake quantized {fake:.2f} %, converted {converted:.2f} %", flush=True)


main()
