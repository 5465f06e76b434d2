"""Writes dynamic.json: outputs of PyTorch's dynamically quantized layers. Run with PyTorch 2.13, from this folder."""

import copy
import warnings

import torch
from torch import nn
from torch.ao.quantization import (
    float_qparams_weight_only_qconfig, float_qparams_weight_only_qconfig_4bit, quantize_dynamic)

from make_layer_goldens import Cell, Net, flat
from torch_cases import case, write

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
torch.manual_seed(8)
r = torch.randn
LAYERS = [
    ("linear", Net(nn.Linear(6, 5)), [r(4, 6)]),
    ("lstm", Net(nn.LSTM(6, 8), flat), [r(5, 2, 6)]),
    ("lstm batch first", Net(nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True), flat), [r(2, 5, 6)]),
    ("gru", Net(nn.GRU(6, 8, num_layers=2), flat), [r(5, 2, 6), r(2, 2, 8)]),
    ("lstmcell", Cell(), [r(2, 3), r(2, 4), r(2, 4)]),
    ("grucell", Net(nn.GRUCell(6, 8)), [r(2, 6), r(2, 8)]),
    ("rnncell", Net(nn.RNNCell(6, 8)), [r(2, 6), r(2, 8)]),
]
cases = []
for name, net, inputs in LAYERS:
    for preset, engine, dtype in ("x86", "x86", torch.qint8), ("qnnpack", "qnnpack", torch.qint8), ("float16", "x86", torch.float16):
        torch.backends.quantized.engine = engine
        if dtype == torch.float16 and "cell" in name:
            continue
        quantized = quantize_dynamic(copy.deepcopy(net), dtype=dtype)
        cases.append(case(f"{name}", net, inputs, quantized(*inputs), preset=preset))
torch.backends.quantized.engine = "x86"
for name, net, inputs in [
    ("embedding", Net(nn.Embedding(7, 6)), [torch.tensor([[1, 3, 0], [2, 6, 4]])]),
    ("embeddingbag sum offsets", Net(nn.EmbeddingBag(7, 6, mode="sum")), [torch.tensor([1, 3, 0, 2, 6]), torch.tensor([0, 3])]),
]:
    quantized = quantize_dynamic(copy.deepcopy(net), {nn.Embedding: float_qparams_weight_only_qconfig, nn.EmbeddingBag: float_qparams_weight_only_qconfig})
    cases.append(case(name, net, inputs, quantized(*inputs), preset="embedding"))
# Of this type PyTorch quantizes bags only. The tables have even rows: its kernels of 4 bits read whole bytes.
for name, net, inputs in [
    ("embeddingbag sum", Net(nn.EmbeddingBag(7, 6, mode="sum")), [torch.tensor([[1, 3, 0], [2, 6, 4]])]),
    ("embeddingbag sum offsets", Net(nn.EmbeddingBag(9, 10, mode="sum")), [torch.tensor([1, 3, 0, 2, 6]), torch.tensor([0, 3])]),
]:
    quantized = quantize_dynamic(copy.deepcopy(net), {nn.EmbeddingBag: float_qparams_weight_only_qconfig_4bit}, dtype=torch.quint4x2)
    cases.append(case(name, net, inputs, quantized(*inputs), preset="embedding4"))
net, inputs = Net(nn.RNNCell(6, 8, nonlinearity="relu")), [r(2, 6), r(2, 8)]
cases.append(case("rnncell relu", net, inputs, quantize_dynamic(copy.deepcopy(net))(*inputs), preset="x86"))
write("dynamic.json", cases)
