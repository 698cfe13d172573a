"""The memory of a real Linux, with what QEMU said of it."""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from kobjects.memory.state import CpuState, from_info_registers


@dataclass(frozen=True)
class Linux:
    """Physical memory of 256 MiB, `info registers`, and the lines of `info tlb`."""

    memory: bytes
    state: CpuState
    tlb: list[str]


@pytest.fixture(scope="session")
def linux(root: Path) -> Linux:
    """$KOBJECTS_DATA, or `../shared/data` beside the checkout, has the files."""
    folder = Path(os.environ.get("KOBJECTS_DATA", root.parent / "shared" / "data"))
    image = folder / "linux-6.1-256M.raw.zst"
    zstd = shutil.which("zstd")
    if not image.is_file() or zstd is None:
        pytest.skip(f"no {image.name} in $KOBJECTS_DATA, or no zstd: apt-get install zstd")
    memory = subprocess.run([zstd, "-dcq", str(image)], capture_output=True, check=True).stdout
    registers = (folder / "linux-6.1-256M.regs.txt").read_text()
    tlb = lzma.decompress((folder / "linux-6.1-256M.tlb.txt.xz").read_bytes()).decode()
    return Linux(memory, from_info_registers(registers), tlb.splitlines())
