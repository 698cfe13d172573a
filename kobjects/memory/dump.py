"""Memory dumps in files: raw, LiME, QEMU's ELF core. The first bytes say which."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kobjects.errors import Finding, ParseError
from kobjects.firmware.elf import ELF_MAGIC
from kobjects.memory.elfcore import ElfCore
from kobjects.memory.physical import MOST_FINDINGS, MemoryImage
from kobjects.memory.state import CpuState
from kobjects.record import Record, reserved_bytes, u32, u64
from kobjects.source import Manual

LIME = Manual("LIME", "Linux Memory Extractor (LiME), its README", "format version 1")

LIME_MAGIC = 0x4C694D45

KDUMP_MAGIC = (b"KDUMP   ", b"makedumpfile")
"""How the compressed formats begin that dump-guest-memory can be asked for."""


class LimeHeader(Record, size=32, source=LIME("LiME Memory Range Header")):
    """The start of a range of physical memory; its bytes follow."""

    magic: int = u32("EMiL in memory", must=LIME_MAGIC, default=LIME_MAGIC)
    version: int = u32("of this header", must=1, default=1)
    s_addr: int = u64("first address")
    e_addr: int = u64("last address, included")
    reserved: bytes = reserved_bytes(8, must=0)


@dataclass(frozen=True)
class Dump:
    """A memory dump.

    format  "raw", "LiME" or "ELF core"
    memory  what it holds
    cpus    the processors, if the format says anything of them
    """

    format: str
    memory: MemoryImage
    cpus: tuple[CpuState, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the file."""
        return self.memory.findings


def open_dump(path: str | Path) -> Dump:
    """The dump in a file, which is mapped, not read. OSError as open() raises it; ParseError."""
    with Path(path).open("rb") as stream:
        try:
            data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise ParseError("the file is empty") from None
    return read_dump(data)


def read_dump(data: Any) -> Dump:
    """The dump in a bytes-like object. ParseError for formats that are not read."""
    start = bytes(memoryview(data)[:16])
    if start.startswith(ELF_MAGIC):
        core = ElfCore(data)
        return Dump("ELF core", core.memory, core.cpus)
    if start.startswith(LIME_MAGIC.to_bytes(4, "little")):
        return Dump("LiME", read_lime(data))
    if start.startswith(KDUMP_MAGIC):
        raise ParseError("compressed kdump files are not read; dump-guest-memory writes ELF too")
    return Dump("raw", MemoryImage.raw(data))


def read_lime(data: Any) -> MemoryImage:
    """The ranges of a LiME file. ParseError if the first header is none; later ones are findings,
    and end the file.
    """
    view = memoryview(data).cast("B")
    segments: list[tuple[int, Any]] = []
    findings: list[Finding] = []
    at = 0
    while at < len(view):
        header = LimeHeader.parse(view[at:]) if len(view) - at >= LimeHeader.size else None
        size = header.e_addr - header.s_addr + 1 if header else 0
        if header is None or header.check() or size <= 0:
            finding = Finding(f"range at {at:#x}", len(view) - at, "must begin with a LiME header")
            if not segments:
                raise ParseError("this is no LiME file", offset=at)
            findings.append(finding)
            break
        body = view[at + LimeHeader.size : at + LimeHeader.size + size]
        if len(body) < size:
            rule = f"must be {size} bytes: the file ends"
            findings.append(Finding(f"range at {at:#x}", len(body), rule))
        segments.append((header.s_addr, body))
        at += LimeHeader.size + size
    return MemoryImage(segments, findings[:MOST_FINDINGS])
