"""Writes qconfig-goldens.json: what PyTorch's default configurations observe, and which one a mapping gives.

Run with PyTorch (made with 1.13), from this folder:

    python make_qconfig_goldens.py > ../resources/dev/octet/quantize/spec/qconfig-goldens.json
"""

import json

import torch
from torch.ao.quantization import QConfigMapping, qconfig
from torch.ao.quantization.fx.qconfig_mapping_utils import maybe_adjust_qconfig_for_module_name_object_type_order
from torch.ao.quantization.qconfig_mapping_utils import get_object_type_qconfig, get_module_name_qconfig
from torch.ao.quantization.qconfig_mapping_utils import get_module_name_regex_qconfig


def describe(make):
    observer = make()
    return dict(
        observer=type(observer).__name__,
        dtype=str(observer.dtype).replace("torch.q", ""),
        symmetric="symmetric" in str(observer.qscheme),
        perChannel="channel" in str(observer.qscheme),
        quantMin=int(observer.quant_min),
        quantMax=int(observer.quant_max),
        eps=float(observer.eps.item()),
    )


CONFIGS = {name: qconfig.get_default_qconfig(name) for name in ("fbgemm", "x86", "qnnpack", "onednn")}
CONFIGS["default"] = qconfig.default_qconfig
CONFIGS["default_symmetric_qnnpack"] = qconfig.default_symmetric_qnnpack_qconfig

# Which rule of a mapping counts: each is a configuration of its own, told apart by its name here.
RULES = ["global", "type", "pattern 1", "pattern 2", "name", "scope", "order"]
configs = {rule: qconfig.QConfig(activation=rule, weight=rule) for rule in RULES}
mapping = (
    QConfigMapping()
    .set_global(configs["global"])
    .set_object_type("MatMul", configs["type"])
    .set_module_name_regex("encoder\\.1\\..*", configs["pattern 1"])
    .set_module_name_regex("encoder\\..*", configs["pattern 2"])
    .set_module_name("encoder.1.query", configs["name"])
    .set_module_name("decoder", configs["scope"])
    .set_module_name_object_type_order("encoder", "MatMul", 2, configs["order"])
)
NODES = [
    ("input", "MatMul"),
    ("encoder.0.query", "MatMul"),
    ("encoder.0.key", "Gemm"),
    ("encoder.1.query", "MatMul"),
    ("encoder.1.key", "MatMul"),
    ("encoder.1.value", "Conv"),
    ("decoder.0.query", "MatMul"),
    ("decoder", "Conv"),
    ("output", "Conv"),
]


def mapped():
    seen = 0
    found = []
    for name, kind in NODES:
        result = get_object_type_qconfig(mapping, kind, mapping.global_qconfig)
        result = get_module_name_regex_qconfig(mapping, name, result)
        scope = name
        while scope:
            # The nearest enclosing module that is named.
            own = get_module_name_qconfig(mapping, scope, None)
            if own is not None:
                result = own
                break
            scope = scope.rpartition(".")[0]
        if name.startswith("encoder."):
            index = seen
            seen += kind == "MatMul"
            result = maybe_adjust_qconfig_for_module_name_object_type_order(mapping, "encoder", kind, index, result)
        found.append(dict(name=name, type=kind, rule=result.activation))
    return found


print(
    json.dumps(
        dict(
            torch=torch.__version__,
            configs={
                name: dict(activation=describe(c.activation), weight=describe(c.weight)) for name, c in CONFIGS.items()
            },
            mapped=mapped(),
        ),
        indent=1,
    )
)
