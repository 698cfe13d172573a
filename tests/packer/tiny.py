"""Systems of a few instructions and structures, small enough to know every byte of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kobjects.record import Record, array, u16, u64
from packer.image import Image
from packer.link import link
from packer.parts import KERNEL_WINDOW, gather
from packer.placement import place
from stages.model import (
    Access,
    Assembly,
    BootCode,
    Capability,
    Region,
    Stage,
    Symbols,
    System,
    Task,
)

CODE = """
kernel_entry:
    lea     rsi, [rip + greeting]
    mov     rax, [rip + table]
.again:
    jmp     .again
"""

TEXT = """
greeting:
    .asciz  "hello"
    .align  8
"""

PROGRAM = """
start:
    mov     eax, cap.self
    syscall
    jmp     start
"""

BIOS_CODE = """
    .code16
bios_entry:
    cli
    hlt
    jmp     bios_entry
    .org    512
rest:
    .word   bios.loader_sectors, bios.kernel_sectors
    .quad   bios.kernel_lba
    .long   physical.kernel_entry
"""

PVH_CODE = """
    .code32
    nop
pvh_entry:
    mov     edi, physical.kernel.zero_start
    mov     ecx, physical.kernel.end
    hlt
"""

MULTIBOOT_CODE = """
    .code32
    nop
multiboot_entry:
    mov     edi, physical.kernel.end
    hlt
"""


class Table(Record, size=26):
    """Something with fields of several sizes and a reference."""

    entry: int = u64("where the code begins")
    marks: tuple[int, ...] = array("u16", 8)
    end: int = u16()


def source(name: str, text: str, section: Access = Access.TEXT) -> Assembly:
    return Assembly(Path("tiny") / name, section, lambda: text)


def fill_table(symbols: Symbols) -> Table:
    return Table(entry=symbols["kernel_entry"], marks=tuple(range(8)), end=0xFFFF)


def stage(*, name: str = "tiny", code: str = CODE, regions: Sequence[Region] = ()) -> Stage:
    return Stage(
        name=name,
        code=[source("entry.asm", code), source("text.asm", TEXT, Access.RODATA)],
        regions=[
            Region("table", Table, fill_table, Access.RODATA),
            Region("counters", Table, lambda symbols: Table()),
            Region("stack", Table[200], None, align=4096, guard=True),
            *regions,
        ],
    )


def task(name: str = "one", program: str = PROGRAM) -> Task:
    own = Capability("self", "space", name, frozenset())
    return Task(name, [source(f"{name}.asm", program)], priority=1, capabilities=[own])


def system(*stages: Stage, tasks: Sequence[Task] = ()) -> System:
    return System("tiny", stages or (stage(),), tasks)


def boot(code: str = BIOS_CODE, address: int = 0x7C00, target: str = "bios") -> BootCode:
    return BootCode(target, address, [source(f"{target}.asm", code)])


def linked(of: System) -> Image:
    """Its kernel, not checked."""
    parts = gather(of)
    return link(parts, place(parts.pieces(), KERNEL_WINDOW))


BIOS = boot()
PVH = boot(PVH_CODE, 0x100000, "pvh")
MULTIBOOT = boot(MULTIBOOT_CODE, 0x1FF000, "multiboot")
