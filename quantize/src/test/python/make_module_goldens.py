"""Writes modules.json: PyTorch's static flow (prepare, calibrate, convert; qconfig x86) with one module at a time between
stubs. Run with PyTorch 2.13, from here."""

import copy
import warnings

import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import (
    DeQuantStub, QConfig, QuantStub, convert, default_weight_observer, float_qparams_weight_only_qconfig,
    get_default_qconfig, prepare)

from torch_cases import case, randomized, tensor, write

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
torch.manual_seed(9)


class Net(nn.Module):
    """One module, or function of FloatFunctional, under the name `m`."""

    def __init__(self, m, call):
        super().__init__()
        self.stubs, self.dequant = nn.ModuleList(), DeQuantStub()
        self.m = m
        self.call = call

    def forward(self, *x):
        quantized = [stub(v) for stub, v in zip(self.stubs, x)]
        return self.dequant(self.call(self.m, *quantized))


def module(name, m, *shapes, call=lambda m, *x: m(*x), qconfig=get_default_qconfig("x86"), engine="x86"):
    torch.backends.quantized.engine = engine
    net = Net(m, call)
    net.stubs.extend(QuantStub() for _ in shapes)
    randomized(net)
    batches = [[2 * torch.randn(*s) for s in shapes] for _ in range(3)]
    x = [2 * torch.randn(*s) for s in shapes]
    with torch.no_grad():
        expected = net(*x)
        prepared = copy.deepcopy(net)
        prepared.qconfig = qconfig
        prepared = prepare(prepared)
        for batch in batches:
            prepared(*batch)
        converted = convert(prepared)
        seen = []
        converted.dequant.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
        quantized = converted(*x)
    return case(
        name, net, x, expected, batches=[[tensor(b) for b in batch] for batch in batches], quantized=tensor(quantized),
        scale=float(seen[0].q_scale()), zeroPoint=int(seen[0].q_zero_point()))


# oneDNN's transposed convolutions give wrong numbers in this release, so that those are FBGEMM's; it has one scale.
per_tensor = QConfig(activation=get_default_qconfig("x86").activation, weight=default_weight_observer)
image = (1, 3, 6, 5)
write("modules.json", [
    module("linear", nn.Linear(6, 5), (8, 6)),
    module("conv1d", nn.Conv1d(3, 4, 3, padding=1), (2, 3, 8)),
    module("conv2d", nn.Conv2d(3, 4, 3, stride=2, padding=1), image),
    module("conv3d", nn.Conv3d(3, 4, 2), (1, 3, 4, 4, 3)),
    module("grouped conv2d", nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False), (1, 4, 6, 6)),
    module("convtranspose1d", nn.ConvTranspose1d(3, 4, 3, stride=2), (2, 3, 8), qconfig=per_tensor, engine="fbgemm"),
    module("convtranspose2d", nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1), image, qconfig=per_tensor, engine="fbgemm"),
    module("batchnorm2d", nn.BatchNorm2d(3), image),
    module("batchnorm3d", nn.BatchNorm3d(3), (1, 3, 4, 4, 3)),
    module("relu", nn.ReLU(), image),
    module("relu6", nn.ReLU6(), image),
    module("hardswish", nn.Hardswish(), image),
    module("leakyrelu", nn.LeakyReLU(0.2), image),
    module("elu", nn.ELU(), image),
    module("sigmoid", nn.Sigmoid(), image),
    module("tanh", nn.Tanh(), image),
    module("maxpool2d", nn.MaxPool2d(3, 2, 1), image),
    module("avgpool2d", nn.AvgPool2d(2, 2), image),
    module("adaptiveavgpool2d", nn.AdaptiveAvgPool2d(1), image),
    module("add", FloatFunctional(), image, image, call=lambda m, a, b: m.add(a, b)),
    module("mul", FloatFunctional(), image, image, call=lambda m, a, b: m.mul(a, b)),
    module("add_relu", FloatFunctional(), image, image, call=lambda m, a, b: m.add_relu(a, b)),
    module("cat", FloatFunctional(), image, image, call=lambda m, a, b: m.cat([a, b], 1)),
    module("matmul", FloatFunctional(), (4, 6), (6, 5), call=lambda m, a, b: m.matmul(a, b)),
])
