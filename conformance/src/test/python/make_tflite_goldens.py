"""Makes src/test/resources/dev/octet/conformance/tflite/kernels.json: what TFLite's reference kernels give.

    python3 make_tflite_goldens.py TFLITE GEMMLOWP

TFLITE and GEMMLOWP are checkouts of tensorflow/tflite-micro (made with 90b983c2, whose
tensorflow/lite/kernels/internal/reference is TFLite's) and google/gemmlowp (16e8662). tflite_kernels.cc beside this
file calls their headers; it is compiled once for each rounding. `y` holds results of one rounding
(TFLITE_SINGLE_ROUNDING), `twice` those of two where they differ.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
INTERNAL = "tensorflow/lite/kernels/internal/"


def results(tflite, gemmlowp, single):
    with tempfile.TemporaryDirectory() as folder:
        profiler = pathlib.Path(folder, "ruy/profiler")
        profiler.mkdir(parents=True)
        (profiler / "instrumentation.h").write_text(
            "#pragma once\nnamespace ruy::profiler { struct ScopeLabel { template <class... A> explicit ScopeLabel(A...) {} }; }\n")
        binary = pathlib.Path(folder, "kernels")
        sources = [str(pathlib.Path(tflite, INTERNAL, name)) for name in ("common.cc", "quantization_util.cc", "runtime_shape.cc")]
        subprocess.run(
            ["g++", "-std=c++17", "-O1", "-w", f"-DTFLITE_SINGLE_ROUNDING={single}", f"-I{tflite}", f"-I{gemmlowp}",
             f"-I{folder}", str(HERE / "tflite_kernels.cc"), *sources, "-o", str(binary)], check=True)
        return json.loads(subprocess.run([str(binary)], check=True, capture_output=True).stdout)


def main():
    cases = results(sys.argv[1], sys.argv[2], 1)
    for case, twice in zip(cases, results(sys.argv[1], sys.argv[2], 0)):
        assert {k: v for k, v in case.items() if k != "y"} == {k: v for k, v in twice.items() if k != "y"}
        if case["y"] != twice["y"]:
            case["twice"] = twice["y"]
    target = HERE / "../resources/dev/octet/conformance/tflite/kernels.json"
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    target.write_text(f"[\n{lines}\n]\n")


main()
