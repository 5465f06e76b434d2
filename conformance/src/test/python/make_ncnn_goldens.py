"""Makes src/test/resources/dev/octet/conformance/ncnn/layers.json: what ncnn's INT8 layers give.

    python3 make_ncnn_goldens.py NCNN BUILD

NCNN is a checkout of Tencent/ncnn (made with a4d2ea1); BUILD its build folder with libncnn.a, configured with
-DNCNN_VULKAN=OFF -DNCNN_OPENMP=OFF -DNCNN_THREADS=OFF and, so that the layers are ncnn's plain ones and not those of a
CPU, -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=s390x. The layers themselves are compiled here, without the
-ffast-math of ncnn's build, which lets the compiler reorder operations: results of that differ in the last bit.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

LAYERS = ["convolution", "convolutiondepthwise", "innerproduct", "quantize"]
HERE = pathlib.Path(__file__).parent


def main():
    ncnn, build = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        binary = pathlib.Path(folder, "layers")
        layers = [f"{ncnn}/src/layer/{name}.cpp" for name in LAYERS]
        subprocess.run(
            ["g++", "-std=c++17", "-O1", "-w", f"-I{ncnn}/src", f"-I{build}/src", str(HERE / "ncnn_layers.cc"), *layers,
             f"{build}/src/libncnn.a", "-o", str(binary)], check=True)
        cases = json.loads(subprocess.run([str(binary)], check=True, capture_output=True).stdout)
    target = HERE / "../resources/dev/octet/conformance/ncnn/layers.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    target.write_text(f"[\n{lines}\n]\n")


main()
