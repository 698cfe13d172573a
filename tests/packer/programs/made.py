"""ELF files for tests: small ones made by hand, and real ones by the compilers of this machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kobjects.firmware.elf import (
    Elf64Header,
    Elf64ProgramHeader,
    ElfType,
    SegmentFlags,
    SegmentType,
)
from kobjects.kernel.addresses import User

START = 0x1000
"""Where the contents of a file made by hand begin."""

GCC = (
    *("-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib", "-static", "-no-pie"),
    *("-fno-pie", "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-mno-red-zone"),
    *("-mgeneral-regs-only", "-fcf-protection=none", "-Wl,--build-id=none"),
    "-Wl,-z,max-page-size=4096,-z,noexecstack",
)


def segment(flags: str, address: int, size: int = 16, **more: Any) -> Elf64ProgramHeader:
    """A PT_LOAD of `size` bytes in file and memory; `flags` as "rx"."""
    fields: dict[str, Any] = {
        "p_type": SegmentType.PT_LOAD,
        "p_flags": SegmentFlags(read="r" in flags, write="w" in flags, execute="x" in flags),
        "p_offset": START,
        "p_vaddr": address,
        "p_filesz": size,
        "p_memsz": size,
        "p_align": 4096,
    }
    return Elf64ProgramHeader(**(fields | more))


def text(address: int = User.TEXT, size: int = 16) -> Elf64ProgramHeader:
    return segment("rx", address, size)


def file(
    programs: Sequence[Elf64ProgramHeader],
    contents: bytes = bytes(0x3000),
    entry: int = User.TEXT,
    **more: Any,
) -> bytes:
    """A file with these program headers right behind its header, and `contents` at START."""
    header = Elf64Header(
        e_type=ElfType.ET_EXEC, e_entry=entry, e_phoff=64, e_phnum=len(programs)
    ).edit(more)
    front = header.build() + b"".join(each.build() for each in programs)
    return front.ljust(START, b"\0") + contents


def compiled(folder: Path, source: str, name: str = "task", *options: str) -> Path:
    """The program that gcc makes of a C source."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing: apt-get install gcc")
    (folder / f"{name}.c").write_text(source)
    command = ["gcc", *GCC, *options, "-o", f"{name}.elf", f"{name}.c"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / f"{name}.elf"
