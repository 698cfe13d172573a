"""GNU as and objdump, as an outside truth for the assembler."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

AVAILABLE = bool(shutil.which("as") and shutil.which("objcopy"))
_FLAGS = {16: "--32", 32: "--32", 64: "--64"}
_ERROR = re.compile(r":(\d+): Error: (.*)")


def assemble(lines: Sequence[str], mode: int, folder: Path) -> list[bytes | str]:
    """The bytes of each line, or GNU as's complaint about it."""
    found: list[bytes | str] = [b""] * len(lines)
    kept = list(range(len(lines)))
    errors = _run([lines[n] for n in kept], kept, mode, folder)
    for number, text in errors.items():
        found[kept[number]] = text
    kept = [number for position, number in enumerate(kept) if position not in errors]
    assert not _run([lines[n] for n in kept], kept, mode, folder)
    for number, code in zip(kept, _bytes(len(kept), folder), strict=True):
        found[number] = code
    return found


def _run(lines: Sequence[str], kept: Sequence[int], mode: int, folder: Path) -> dict[int, str]:
    """Assemble into folder/out.o; the complaints by position."""
    text = [f".intel_syntax noprefix; .code{mode}"]
    text += [f"L{n}: {line}" for n, line in enumerate(lines)]
    text += [f"L{len(lines)}:", ".data"]
    text += [f".long L{n} - L0" for n in range(len(lines) + 1)]
    (folder / "in.s").write_text("\n".join(text) + "\n")
    command = ["as", _FLAGS[mode], "-o", "out.o", "in.s"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return {int(m[1]) - 2: m[2] for m in map(_ERROR.search, done.stderr.splitlines()) if m}


def _bytes(count: int, folder: Path) -> list[bytes]:
    for section in ("text", "data"):
        only = ["objcopy", "-O", "binary", f"--only-section=.{section}", "out.o", section]
        subprocess.run(only, cwd=folder, check=True)
    code, table = (folder / "text").read_bytes(), (folder / "data").read_bytes()
    ends = [int.from_bytes(table[4 * n : 4 * n + 4], "little") for n in range(count + 1)]
    return [code[ends[n] : ends[n + 1]] for n in range(count)]


def disassemble(codes: Sequence[bytes], mode: int, folder: Path) -> list[str]:
    """objdump's text of each piece of code, read alone: what it means, stray prefixes included."""
    if not codes:
        return []
    slot = 32
    data = b"".join(code.ljust(slot, b"\x90") for code in codes)
    (folder / "raw").write_bytes(data)
    machine = {16: "i8086", 32: "i386", 64: "i386:x86-64"}[mode]
    command = ["objdump", "-D", "-b", "binary", "-m", machine, "-M", "intel", "-z", "raw"]
    text = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    found: list[list[str]] = [[] for _ in codes]
    for line in text.splitlines():
        match = re.match(r"\s*([0-9a-f]+):\t[0-9a-f ]+\t?(.*)", line)
        if match and int(match[1], 16) % slot < len(codes[int(match[1], 16) // slot]):
            found[int(match[1], 16) // slot].append(" ".join(match[2].split()))
    return [_ADDRESS.sub(_sum, "; ".join(filter(None, part))) for part in found]


_ADDRESS = re.compile(r"\[([^]]*)\]")


def _sum(address: re.Match[str]) -> str:
    """One spelling of equal addresses: [rax+rax*1+0x0] and [rax*2] are the same."""
    number, factors = 0, Counter[str]()
    for sign, term in re.findall(r"([+-]?)([^+-]+)", address[1]):
        name, _, factor = term.partition("*")
        if name[0].isdigit():
            number += int(sign + name, 16)
        else:
            factors[name] += int(factor or 1)
    return f"[{sorted(factors.items())} {number:#x}]"
