"""Random programs full of labels and references, and what GNU as and ld make of them."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

# Statements: %r the accumulator, %b a base register, %p the start of an address, %w a size word, %W
# the directive for an address, %s a reference, %l, %m labels of the program.
_STATEMENTS = """
jmp %s
jmp %l
jz %s
jnc %l
jle %l
call %s
mov %r, [%p%s]
lea %r, [%p%s]
mov %r, %s
add %b, [%b + %s]
cmp %w ptr [%p%s], 1
cmp %w ptr [%p%s], 1000
push %s
%W %s
.long %l - %m + 5
nop
imul eax, ebx, 1000
.byte 1, 2, 3
""".strip().splitlines()

_WORDS = {
    64: {"%r": "rax", "%b": "rbx", "%p": "rip + ", "%w": "dword", "%W": ".quad"},
    32: {"%r": "eax", "%b": "ebx", "%p": "", "%w": "dword", "%W": ".long"},
    16: {"%r": "ax", "%b": "bx", "%p": "", "%w": "word", "%W": ".word"},
}

# Where the program lies, and symbols outside it.
BASES = {64: 0xFFFFFFFF80200000, 32: 0x100000, 16: 0x1000}
SYMBOLS = {
    64: {"outside": 0xFFFFFFFF80201234, "out.there": 0xFFFFFFFF80000100},
    32: {"outside": 0x200010, "out.there": 0x300000},
    16: {"outside": 0x1200, "out.there": 0x3000},
}


def program(mode: int, seed: int, size: int) -> list[str]:
    """A program of `size` statements that assembles in `mode`."""
    choose = random.Random(f"{mode}/{seed}")
    labels = [f"label{number}" for number in range(size // 6)]
    statements = [text for text in _STATEMENTS if mode != 16 or not text.startswith("push")]
    lines = []
    for position in range(size):
        if position % 6 == 0 and position // 6 < len(labels):
            lines.append(f"{labels[position // 6]}:")
        text = choose.choice(statements)
        reference = choose.choice([choose.choice(labels), *SYMBOLS[mode]])
        if not text.startswith(("j", "call")):
            reference += choose.choice(["", " + 4", " - 3"])
        text = text.replace("%s", reference)
        text = text.replace("%l", choose.choice(labels)).replace("%m", choose.choice(labels))
        for mark, word in _WORDS[mode].items():
            text = text.replace(mark, word)
        lines.append(text)
    return lines


def linked_by_gnu(
    lines: Sequence[str], mode: int, base: int, symbols: Mapping[str, int], folder: Path
) -> bytes:
    """What GNU as and ld make of the program at `base`."""
    text = [f".intel_syntax noprefix; .code{mode}", *map(_for_gnu, lines)]
    (folder / "in.s").write_text("\n".join(text) + "\n")
    flag, emulation = ("--64", "elf_x86_64") if mode == 64 else ("--32", "elf_i386")
    subprocess.run(["as", flag, "-o", "in.o", "in.s"], cwd=folder, check=True)
    defined = [f"--defsym={name}={value:#x}" for name, value in symbols.items()]
    command = ["ld", "-m", emulation, f"-Ttext={base:#x}", "-e", "0", *defined]
    command += ["--oformat", "binary", "-o", "out", "in.o"]
    subprocess.run(command, cwd=folder, check=True)
    return (folder / "out").read_bytes()


def _for_gnu(line: str) -> str:
    """To GNU as a bare symbol is memory, and mov takes 64 bits only as movabs."""
    line = re.sub(r"^(mov \w+, |push )(?=label|out)", r"\1offset ", line)
    return line.replace("mov rax, offset", "movabs rax, offset")
