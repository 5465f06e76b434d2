"""Writes ncnn-goldens.json: multipliers that ncnn's `ncnn2table` finds in known data with method kl and method aciq.

The tool's own lines are compiled stand-alone: the loops that follow the reading of its blobs, and the function of ACIQ.
Run from this folder with the path of ncnn's tools/quantize/ncnn2table.cpp and a C++ compiler:

    python make_ncnn_goldens.py NCNN2TABLE > ../resources/dev/octet/quantize/observer/ncnn-goldens.json
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from batches import CASES, values

HEAD = """
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <algorithm>
#include <vector>
struct Stat { float absmax = 0, threshold = 0; std::vector<uint64_t> histogram; std::vector<float> histogram_normed;
              int total = 0; };
"""

MAIN = """
int main(int argc, char** argv) {
    Stat stat;
    const int num_histogram_bins = 2048;
    stat.histogram.resize(num_histogram_bins, 0);
    stat.histogram_normed.resize(num_histogram_bins, 0);
    std::vector<std::vector<float>> batches;
    for (int i = 1; i < argc; i++) {
        FILE* file = fopen(argv[i], "rb");
        fseek(file, 0, SEEK_END);
        batches.emplace_back(ftell(file) / 4);
        rewind(file);
        if (fread(batches.back().data(), 4, batches.back().size(), file) != batches.back().size()) return 1;
        fclose(file);
        for (float x : batches.back()) stat.absmax = std::max(stat.absmax, (float)fabs(x));
        stat.total = batches.back().size();
    }
    const float absmax = stat.absmax;
    for (auto& batch : batches) {
        const float* ptr = batch.data();
        std::vector<uint64_t>& histogram = stat.histogram;
        for (size_t k = 0; k < batch.size(); k++) {
            @COUNT@
        }
    }
    for (int once = 0; once < 1; once++) {
        @SEARCH@
    }
    printf("%.9g %.9g\\n", 127 / stat.threshold, 127 / compute_aciq_gaussian_clip(stat.absmax, stat.total));
}
"""


def between(text, start, end):
    begin = text.index(start)
    return text[begin : text.index(end, begin)]


def compile_tool(source, folder):
    text = Path(source).read_text()
    divergence = between(text, "static float compute_kl_divergence", "int QuantNet::quantize_KL")
    aciq = between(text, "static float compute_aciq_gaussian_clip", "int QuantNet::quantize_ACIQ")
    count = between(text, "if (ptr[k] == 0.f)", "}\n")
    search = between(text, "// normalize histogram bin", "float scale = 127 / stat.threshold;")
    program = HEAD + divergence + aciq + MAIN.replace("@COUNT@", count).replace("@SEARCH@", search)
    (folder / "tool.cpp").write_text(program)
    subprocess.run(["g++", "-O2", "-o", folder / "tool", folder / "tool.cpp"], check=True)
    return folder / "tool"


def run(tool, folder, batches):
    files = []
    for i, batch in enumerate(batches):
        files.append(folder / f"{i}.bin")
        values(batch).astype(np.float32).tofile(files[-1])
    kl, aciq = subprocess.run([tool, *files], check=True, capture_output=True, text=True).stdout.split()
    return dict(kl=float(kl), aciq=float(aciq))


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    tool = compile_tool(sys.argv[1], folder)
    cases = [dict(name=n, batches=batches, **run(tool, folder, batches)) for n, batches in CASES.items()]
print(json.dumps(dict(cases=cases), separators=(",", ":")).replace('{"name"', '\n{"name"'))
