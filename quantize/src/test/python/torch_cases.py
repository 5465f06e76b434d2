"""What the scripts for PyTorch's layers share: tensors as JSON, and seeded networks."""

import json

import numpy as np
import torch


def tensor(t):
    a = t.detach().numpy()
    data = [int(v) for v in a.ravel()] if a.dtype == np.int64 else [float("%.9g" % v) for v in a.ravel()]
    return dict(shape=list(a.shape), dtype=str(a.dtype), data=data)


def state(module):
    return {k: tensor(v) for k, v in module.state_dict().items() if v.dtype == torch.float32}


def case(name, module, inputs, outputs, **more):
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return dict(name=name, state=state(module), inputs=[tensor(i) for i in inputs], outputs=[tensor(o) for o in outputs], **more)


def randomized(module):
    """Running statistics and affine parameters that are not zeros and ones."""
    for m in module.modules():
        if isinstance(m, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.BatchNorm3d)):
            m.running_mean.normal_(0, 0.5)
            m.running_var.uniform_(0.5, 2)
            m.weight.data.uniform_(0.5, 1.5)
            m.bias.data.normal_(0, 0.3)
    return module.eval()


def write(path, cases):
    with open("../resources/dev/octet/quantize/torch/" + path, "w") as f:
        f.write('{"pytorch": "%s", "cases": [\n' % torch.__version__)
        f.write(",\n".join(json.dumps(c, separators=(",", ":")) for c in cases))
        f.write("\n]}\n")
