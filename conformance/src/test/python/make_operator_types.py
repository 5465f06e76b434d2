"""Writes operator_types.txt: the element types that the ONNX standard allows for the operands of its operators, in any
version that an operator set from 7 to the newest holds.

usage: make_operator_types.py OUTPUT

A line is an operator, the name of the type of each input (the last one's stands for all that follow where their number
is free), and for each name the types: `Where B,T,T B=BOOL T=BFLOAT16,...`. Types of text and of complex numbers, and
operators of training, text and other domains are left out.
"""

import sys

import onnx
from onnx import defs

OLDEST = 7
NAMES = {
    "float": "FLOAT32", "double": "FLOAT64", "float16": "FLOAT16", "bfloat16": "BFLOAT16",
    "float8e4m3fn": "FLOAT8E4M3FN", "float8e4m3fnuz": "FLOAT8E4M3FNUZ", "float8e5m2": "FLOAT8E5M2",
    "float8e5m2fnuz": "FLOAT8E5M2FNUZ", "float8e8m0": "FLOAT8E8M0", "float4e2m1": "FLOAT4E2M1",
    "bool": "BOOL",
    **{f"{u}int{n}": f"{u.upper()}INT{n}" for u in ("", "u") for n in (2, 4, 8, 16, 32, 64)},
}


def element(text):
    return NAMES.get(text[len("tensor("):-1]) if text.startswith("tensor(") else None


def main():
    versions = {}
    for schema in defs.get_all_schemas_with_history():
        if schema.domain == "" and not schema.deprecated:
            versions.setdefault(schema.name, []).append(schema)
    lines = []
    for name, schemas in sorted(versions.items()):
        schemas.sort(key=lambda s: s.since_version)
        first = max([i for i, s in enumerate(schemas) if s.since_version <= OLDEST], default=0)
        newest = schemas[-1]
        inputs = [i.type_str for i in newest.inputs]
        types = {}
        for schema in schemas[first:]:
            # By place: other versions have other names.
            for name_now, operand in zip(inputs, schema.inputs):
                known = [e for e in map(element, operand.types) if e]
                types.setdefault(name_now, set()).update(known)
        used = [t for t in dict.fromkeys(inputs) if types.get(t)]
        if used:
            lines.append(" ".join([name, ",".join(inputs)] + [f"{t}={','.join(sorted(types[t]))}" for t in used]))
    with open(sys.argv[1], "w") as out:
        out.write("\n".join(lines) + "\n")
    print(onnx.__version__, len(lines), "operators")


if __name__ == "__main__":
    main()
