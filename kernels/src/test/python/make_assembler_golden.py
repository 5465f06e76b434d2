"""Writes assembler-golden.txt: what GNU as makes of the instructions that AssemblerCases prints.

usage: java -cp kernels/target/classes:kernels/target/test-classes dev.octet.kernels.x64.AssemblerCases \
         | make_assembler_golden.py > kernels/src/test/resources/dev/octet/kernels/x64/assembler-golden.txt

Needs `as` and `objcopy` (binutils 2.40). An element that is broadcast is written {broadcast} in the texts, since `as`
wants to know how often: 1to16 for 16 elements of 32 bits, 1to8 for 8 of 64. Only the first 30 bytes of each text's
code are kept.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

WIDTHS = {"x": 16, "y": 32, "z": 64}


def operands(text):
    """The text with broadcasts counted."""
    if "{broadcast}" not in text:
        return text
    mnemonic = text.split()[0]
    width = WIDTHS[re.search(r"([xyz])mm", text).group(1)]
    element = 8 if mnemonic.endswith("pd") or mnemonic in ("vpaddq", "vpermq") else 4
    return text.replace("{broadcast}", "{1to%d}" % (width // element))


def assemble(texts):
    """The bytes of each text, which starts at a multiple of 512."""
    source = [".intel_syntax noprefix", ".text"]
    for text in texts:
        source += [".balign 512, 0xCC", operands(text)]
    source += [".balign 512, 0xCC", ".globl end", "end:"]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "cases.s")
        file.write_text("\n".join(source) + "\n")
        subprocess.run(["as", "--64", "-o", f"{folder}/cases.o", file], check=True)
        command = ["objcopy", "-O", "binary", "-j", ".text", f"{folder}/cases.o", f"{folder}/cases.bin"]
        subprocess.run(command, check=True)
        data = pathlib.Path(folder, "cases.bin").read_bytes()
    return [data[512 * i : 512 * (i + 1)].rstrip(b"\xCC") for i in range(len(texts))]


def main():
    texts = [line.rstrip("\n") for line in sys.stdin]
    for text, code in zip(texts, assemble(texts)):
        print(text, "=", code.hex()[:60])


main()
