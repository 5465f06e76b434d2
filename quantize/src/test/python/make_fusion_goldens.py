"""Writes fusion.json: for each row of PyTorch's fusion table, folded weights, float outputs, and the outputs of the
network that its static flow makes (fuse, prepare, calibrate, convert; qconfig x86). Run with PyTorch 2.13, from here."""

import copy
import warnings

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub, convert, fuse_modules, get_default_qconfig, prepare
from torch.ao.nn.quantized import FloatFunctional

from torch_cases import case, randomized, tensor, write

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
torch.manual_seed(6)
torch.backends.quantized.engine = "x86"


class Net(nn.Module):
    def __init__(self, **layers):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.names = list(layers)
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x):
        x = self.quant(x)
        for name in self.names:
            layer = getattr(self, name)
            x = layer.add_relu(x, x) if hasattr(layer, "add_relu") else layer(x)
        return self.dequant(x)


def row(name, shape, groups, **layers):
    net = randomized(Net(**layers))
    batches = [torch.randn(*shape) for _ in range(3)]
    x = torch.randn(*shape)
    with torch.no_grad():
        expected = net(x)
        fused = fuse_modules(copy.deepcopy(net), groups) if groups else copy.deepcopy(net)
        first = getattr(fused, net.names[0])
        while isinstance(first, nn.Sequential):
            first = first[0]
        folded = {k: tensor(v) for k, v in first.state_dict().items() if k in ("weight", "bias")}
        fused.qconfig = get_default_qconfig("x86")
        prepared = prepare(fused)
        for batch in batches:
            prepared(batch)
        converted = convert(prepared)
        quantized = converted(x)
        last = [m for m in converted.modules() if hasattr(m, "scale") and hasattr(m, "zero_point")][-1]
    return case(
        name,
        net,
        [x],
        expected,
        groups=groups,
        folded=folded,
        batches=[tensor(b) for b in batches],
        quantized=tensor(quantized),
        scale=float(last.scale),
        zeroPoint=int(last.zero_point),
    )


CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
NORM = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
SHAPE = {1: (2, 3, 8), 2: (2, 3, 6, 5), 3: (1, 3, 4, 4, 3)}
rows = []
for d in 1, 2, 3:
    rows.append(row(f"conv{d}d bn", SHAPE[d], [["conv", "bn"]], conv=CONV[d](3, 4, 3, padding=1), bn=NORM[d](4)))
    rows.append(
        row(f"conv{d}d bn relu", SHAPE[d], [["conv", "bn", "relu"]], conv=CONV[d](3, 4, 3, padding=1, bias=False), bn=NORM[d](4), relu=nn.ReLU())
    )
    rows.append(row(f"conv{d}d relu", SHAPE[d], [["conv", "relu"]], conv=CONV[d](3, 4, 3, padding=1), relu=nn.ReLU()))
rows.append(row("linear relu", (8, 6), [["fc", "relu"]], fc=nn.Linear(6, 5), relu=nn.ReLU()))
rows.append(row("linear bn1d", (8, 6), [["fc", "bn"]], fc=nn.Linear(6, 5), bn=nn.BatchNorm1d(5)))
rows.append(row("bn2d relu", (2, 3, 6, 5), [["bn", "relu"]], bn=nn.BatchNorm2d(3), relu=nn.ReLU()))
rows.append(row("bn3d relu", (1, 3, 4, 4, 3), [["bn", "relu"]], bn=nn.BatchNorm3d(3), relu=nn.ReLU()))
rows.append(row("add relu", (2, 3, 6, 5), [], sum=FloatFunctional()))


def transposed(d):
    """PyTorch's engines have no such layer with a scale for each channel; weights per tensor, as its mapping says."""
    net = randomized(Net(conv=TRANSPOSED[d](3, 4, 3, padding=1), bn=NORM[d](4)))
    x = torch.randn(*SHAPE[d])
    with torch.no_grad():
        expected = net(x)
        fused = fuse_modules(copy.deepcopy(net), [["conv", "bn"]])
        folded = {k: tensor(v) for k, v in fused.conv.state_dict().items() if k in ("weight", "bias")}
    return case(f"convtranspose{d}d bn", net, [x], expected, groups=[["conv", "bn"]], folded=folded)


rows += [transposed(d) for d in (1, 2, 3)]
write("fusion.json", rows)
