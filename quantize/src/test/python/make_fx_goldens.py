"""Writes fx.json: PyTorch's FX flow (prepare_fx, calibrate, convert_to_reference_fx; get_default_qconfig_mapping) over
whole networks: which values are quantized, in their order, with which scale and zero point, and what the quantized
network gives. Run with PyTorch 2.13, from here."""

import copy
import warnings

import torch
import torch.nn.functional as F
import torch.ao.quantization.backend_config.utils
from torch import nn
from torch.ao.quantization import get_default_qconfig_mapping
from torch.ao.quantization.quantize_fx import convert_to_reference_fx, prepare_fx

from torch_cases import case, randomized, tensor, write

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
torch.manual_seed(11)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv2, self.bn2 = nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv3, self.relu6 = nn.Conv2d(8, 6, 1), nn.ReLU6()
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(6, 5)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(F.max_pool2d(x, 2))))
        x = F.relu(self.bn2(self.conv2(x)) + x)
        x = self.relu6(self.conv3(x))
        return self.fc(torch.flatten(self.pool(x), 1))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.position = nn.Parameter(torch.randn(1, 6, 16))
        self.q, self.k, self.v, self.o = (nn.Linear(16, 16) for _ in range(4))
        self.norm1, self.norm2, self.softmax = nn.LayerNorm(16), nn.LayerNorm(16), nn.Softmax(-1)
        self.up, self.gelu, self.down = nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16)

    def forward(self, x):
        x = x + self.position
        q, k, v = self.q(x) * 0.3, self.k(x), self.v(x)
        a = self.softmax(torch.matmul(q, k.transpose(1, 2)))
        x = self.norm1(x + self.o(torch.matmul(a, v)))
        return self.norm2(x + self.down(self.gelu(self.up(x))))


class Functions(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.prelu, self.norm = nn.Conv2d(3, 8, 3), nn.PReLU(8), nn.InstanceNorm2d(8, affine=True)
        self.sigmoid, self.hardswish, self.elu, self.leaky = nn.Sigmoid(), nn.Hardswish(), nn.ELU(), nn.LeakyReLU(0.1)
        self.head, self.tanh, self.softmax = nn.Linear(16, 4), nn.Tanh(), nn.Softmax(1)

    def forward(self, x):
        x = self.norm(self.prelu(self.conv(x)))
        x = x * self.sigmoid(x)
        x = torch.cat([self.hardswish(x), self.elu(self.leaky(x))], 1)
        return self.softmax(self.tanh(self.head(x.mean([2, 3]))))


class ZeroPointsAfterRounding(torch.fx.Interpreter):
    """Runs a reference network with the rule of all releases but this one, which adds zero points before rounding."""

    def call_function(self, target, args, kwargs):
        if target is not torch.quantize_per_tensor:
            return super().call_function(target, args, kwargs)
        x, scale, zero_point, _ = args
        q = (torch.round(x * (1 / scale)) + zero_point).clamp(0, 255)
        return (q - zero_point) * scale

    def call_method(self, target, args, kwargs):
        return args[0] if target == "dequantize" else super().call_method(target, args, kwargs)


def network(net, shape, backend):
    randomized(net)
    for p in net.parameters():
        if p.dim() == 1:
            p.data.add_(0.2 * torch.randn(p.shape))
    batches = [1.5 * torch.randn(*shape) for _ in range(3)]
    x = 1.5 * torch.randn(*shape)
    with torch.no_grad():
        prepared = prepare_fx(copy.deepcopy(net), get_default_qconfig_mapping(backend), (x,))
        for batch in batches:
            prepared(batch)
        values = []
        for node in prepared.graph.nodes:
            if node.op == "call_module" and node.target.startswith("activation_post_process"):
                scale, zero_point = getattr(prepared, node.target).calculate_qparams()
                values.append(dict(value=node.args[0].name, scale=float(scale), zeroPoint=int(zero_point)))
        reference = convert_to_reference_fx(copy.deepcopy(prepared))
        return case(
            type(net).__name__ + " " + backend, net, [x], net(x), preset=backend, values=values,
            batches=[[tensor(b)] for b in batches], quantized=tensor(ZeroPointsAfterRounding(reference).run(x)))


write("fx.json", [
    network(net(), shape, backend)
    for net, shape in ((Residual, (2, 3, 10, 10)), (Transformer, (2, 6, 16)), (Functions, (2, 3, 8, 8)))
    for backend in ("x86", "qnnpack")])
