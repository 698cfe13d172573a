"""The constants for other assemblers, as NASM and GNU as compute them."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from kobjects.emit import assembly
from kobjects.emit.equates import equates
from tests.kobjects.emit import cases
from tests.kobjects.samples import Everything, Gate


def nasm(folder: Path, text: str, names: Iterable[str]) -> bytes:
    if shutil.which("nasm") is None:
        pytest.skip("nasm is missing: apt-get install nasm")
    lines = ["bits 64", text, *(f"dq {name}" for name in names)]
    (folder / "a.asm").write_text("\n".join(lines) + "\n")
    done = ["nasm", "-w+all", "-Werror", "-f", "bin", "-o", "a.bin", "a.asm"]
    subprocess.run(done, cwd=folder, check=True)
    return (folder / "a.bin").read_bytes()


def gas(folder: Path, text: str, names: Iterable[str]) -> bytes:
    if shutil.which("as") is None:
        pytest.skip("GNU as is missing: apt-get install binutils")
    lines = [text, *(f".quad {name}" for name in names)]
    (folder / "a.s").write_text("\n".join(lines) + "\n")
    subprocess.run(["as", "--fatal-warnings", "-o", "a.o", "a.s"], cwd=folder, check=True)
    copy = ["objcopy", "-O", "binary", "-j", ".text", "a.o", "a.bin"]
    subprocess.run(copy, cwd=folder, check=True)
    return (folder / "a.bin").read_bytes()


@pytest.mark.parametrize("schemas", cases.SETS.values(), ids=cases.SETS)
@pytest.mark.parametrize(("write", "encode"), [(assembly.nasm, nasm), (assembly.gas, gas)])
def test_every_constant_has_its_value(
    tmp_path: Path,
    schemas: list[Any],
    write: Callable[[Iterable[Any]], str],
    encode: Callable[[Path, str, Iterable[str]], bytes],
) -> None:
    expected = {name: value for name, value in equates(*schemas).items() if value < 2**64}
    data = encode(tmp_path, write(schemas), expected)
    found = struct.unpack(f"<{len(expected)}Q", data[: 8 * len(expected)])
    assert dict(zip(expected, found, strict=True)) == {
        name: value % 2**64 for name, value in expected.items()
    }


def test_a_wide_mask_comes_in_quadwords() -> None:
    names = assembly.constants([Gate])
    mask = Gate.fields["offset"].mask
    assert "Gate.offset" not in names
    assert int(names["Gate.offset.0"], 16) == mask % 2**64 == 0xFFFF_0000_0000_FFFF
    assert int(names["Gate.offset.1"], 16) == mask >> 64 == 0xFFFF_FFFF


def test_gnu_as_takes_the_names_as_displacements(tmp_path: Path) -> None:
    """In Intel's syntax a point could mean a member; the names mean what they say."""
    text = assembly.gas([Everything])
    where = Everything.offset("partition.count") - Everything.origin
    (tmp_path / "a.s").write_text(
        f".intel_syntax noprefix\n{text}mov eax, [rbx + Everything.partition.count]\n"
        f"mov eax, [rbx + {where}]\n"
    )
    subprocess.run(["as", "-o", "a.o", "a.s"], cwd=tmp_path, check=True)
    copy = ["objcopy", "-O", "binary", "-j", ".text", "a.o", "a.bin"]
    subprocess.run(copy, cwd=tmp_path, check=True)
    code = (tmp_path / "a.bin").read_bytes()
    assert code[: len(code) // 2] == code[len(code) // 2 :] != b""
