"""Writes layers.json: weights, inputs and outputs of PyTorch's float layers. Run with PyTorch 2.13, from this folder."""

import torch
from torch import nn

from torch_cases import case, randomized, write

torch.manual_seed(4)


class Net(nn.Module):
    """One layer under the name `m`."""

    def __init__(self, m, pick=lambda y: y):
        super().__init__()
        self.m = m
        self.pick = pick

    def forward(self, *x):
        return self.pick(self.m(*x))


def one(name, m, *inputs, pick=lambda y: y):
    net = randomized(Net(m, pick))
    with torch.no_grad():
        return case(name, net, inputs, net(*inputs))


def flat(y):
    output, state = y
    return [output, *state] if isinstance(state, tuple) else [output, state]


class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.m = nn.LSTMCell(3, 4)

    def forward(self, x, h, c):
        return self.m(x, (h, c))


def main():
    r = torch.randn
    indices = torch.tensor([[1, 3, 0], [2, 2, 4]])
    bag = torch.tensor([1, 3, 0, 2, 2, 4, 1])
    offsets = torch.tensor([0, 3, 3, 5])
    cases = [
        one("linear", nn.Linear(3, 4), r(2, 3)),
        one("linear of sequences", nn.Linear(3, 4, bias=False), r(2, 5, 3)),
        one("conv1d", nn.Conv1d(2, 3, 3, padding=1), r(2, 2, 6)),
        one("conv2d", nn.Conv2d(2, 3, 3, stride=2, padding=1), r(2, 2, 6, 5)),
        one("conv3d", nn.Conv3d(1, 2, 2), r(1, 1, 3, 4, 3)),
        one("grouped conv2d", nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False), r(1, 4, 4, 4)),
        one("convtranspose1d", nn.ConvTranspose1d(2, 3, 3, stride=2), r(1, 2, 4)),
        one("convtranspose2d", nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1), r(1, 2, 4, 3)),
        one("convtranspose3d", nn.ConvTranspose3d(1, 2, 2), r(1, 1, 2, 3, 2)),
        one("batchnorm1d", nn.BatchNorm1d(3), r(4, 3)),
        one("batchnorm2d", nn.BatchNorm2d(3), r(2, 3, 2, 2)),
        one("batchnorm3d", nn.BatchNorm3d(2), r(2, 2, 2, 1, 2)),
        one("layernorm", nn.LayerNorm(4), r(2, 3, 4)),
        one("relu6", nn.ReLU6(), 5 * r(10)),
        one("leakyrelu", nn.LeakyReLU(0.2), r(10)),
        one("hardswish", nn.Hardswish(), 3 * r(10)),
        one("gelu", nn.GELU(), r(10)),
        one("sigmoid", nn.Sigmoid(), r(10)),
        one("tanh", nn.Tanh(), r(10)),
        one("softmax", nn.Softmax(-1), r(3, 4)),
        one("maxpool2d", nn.MaxPool2d(3, 2, 1), r(1, 2, 5, 6)),
        one("avgpool2d", nn.AvgPool2d(3, 2, 1), r(1, 2, 5, 6)),
        one("adaptiveavgpool2d", nn.AdaptiveAvgPool2d(1), r(2, 3, 4, 5)),
        one("embedding", nn.Embedding(5, 3), indices),
        one("embeddingbag sum", nn.EmbeddingBag(5, 3, mode="sum"), indices),
        one("embeddingbag mean", nn.EmbeddingBag(5, 3, mode="mean"), indices),
        one("embeddingbag max", nn.EmbeddingBag(5, 3, mode="max"), indices),
        one("embeddingbag sum offsets", nn.EmbeddingBag(5, 3, mode="sum"), bag, offsets),
        one("embeddingbag mean offsets", nn.EmbeddingBag(5, 3, mode="mean"), bag, offsets),
        one("lstm", nn.LSTM(3, 4), r(5, 2, 3), pick=flat),
        one("lstm batch first", nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True), r(2, 5, 3), pick=flat),
        one("gru", nn.GRU(3, 4, num_layers=2), r(5, 2, 3), r(2, 2, 4), pick=flat),
        one("gru both ways", nn.GRU(3, 4, bidirectional=True, bias=False), r(5, 2, 3), pick=flat),
        one("rnn", nn.RNN(3, 4), r(5, 2, 3), r(1, 2, 4), pick=flat),
        one("grucell", nn.GRUCell(3, 4), r(2, 3), r(2, 4)),
        one("rnncell", nn.RNNCell(3, 4), r(2, 3), r(2, 4)),
    ]
    cell = Cell()
    inputs = r(2, 3), r(2, 4), r(2, 4)
    cases.append(case("lstmcell", cell, inputs, cell(*inputs)))
    cases += [
        one("relu", nn.ReLU(), r(10)),
        one("elu", nn.ELU(), r(10)),
        one("rnn relu", nn.RNN(3, 4, bidirectional=True, nonlinearity="relu"), r(5, 2, 3), pick=flat),
        one("rnncell relu", nn.RNNCell(3, 4, nonlinearity="relu"), r(2, 3), r(2, 4)),
    ]
    write("layers.json", cases)


if __name__ == "__main__":
    main()
