"""Every way into the kernel, its first instruction, the GDT, and the boot information."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kobjects.cpu.segments import (
    DescriptorTablePointer,
    Ring,
    SegmentDescriptor,
    SystemDescriptor,
    SystemType,
)
from kobjects.firmware.efi import EfiMemoryType
from kobjects.firmware.efiservices import GRAPHICS_OUTPUT_PROTOCOL
from kobjects.kernel.bootinfo import BootInfo, BootPath
from kobjects.kernel.cpu import Cpu
from kobjects.record import Record, nested
from kobjects.source import KERNEL
from stages.boot import textmode
from stages.boot.claims import CLAIMS
from stages.boot.segments import WHOLE
from stages.model import Access, Assembly, BootCode, Region, Stage, Symbols

HERE = Path(__file__).parent

E820_TYPES = {
    **dict.fromkeys(
        (
            EfiMemoryType.LOADER_CODE,
            EfiMemoryType.LOADER_DATA,
            EfiMemoryType.BOOT_SERVICES_CODE,
            EfiMemoryType.BOOT_SERVICES_DATA,
            EfiMemoryType.CONVENTIONAL,
        ),
        "RAM",
    ),
    EfiMemoryType.UNUSABLE: "UNUSABLE",
    EfiMemoryType.ACPI_RECLAIM: "ACPI_RECLAIMABLE",
    EfiMemoryType.ACPI_NVS: "ACPI_NVS",
    EfiMemoryType.PERSISTENT: "PERSISTENT",
}
"""What the kernel finds of EFI's memory types once the boot services have ended; else RESERVED."""

BIOS = BootCode(
    target="bios",
    address=0x7C00,
    code=[Assembly(HERE / "bios.asm"), Assembly(HERE / "long.asm")],
)
ISO = BootCode(target="iso", address=BIOS.address, code=BIOS.code)
"""Of a file that is a CD and a disk."""
PVH = BootCode(
    target="pvh",
    address=0x10_0000,
    code=[Assembly(HERE / "pvh.asm"), Assembly(HERE / "long.asm")],
)
MULTIBOOT = BootCode(
    target="multiboot",
    address=0x1F_F000,  # one page before the kernel, so that one copy of the file brings both
    code=[Assembly(HERE / "multiboot.asm"), Assembly(HERE / "long.asm")],
)
ROM = BootCode(
    target="rom",
    address=0xE000,  # so that in real mode the reset vector's segment and segment 0 agree on it
    code=[
        *(Assembly(HERE / name) for name in ("rom.asm", "fwcfg.asm", "textmode.asm")),
        Assembly(HERE / "mode3.asm", generate=textmode.tables),
        *(Assembly(HERE / name) for name in ("long.asm", "reset.asm")),
    ],
)

BOOT_NAMES: Mapping[int, str] = {
    BootPath.BIOS: "BIOS",
    BootPath.PVH: "PVH",
    BootPath.UEFI: "UEFI",
    BootPath.MULTIBOOT: "Multiboot",
    BootPath.MULTIBOOT2: "Multiboot 2",
    BootPath.ROM: "ROM",
}
BOOT_NAME_SIZE = 16
"""Bytes of a name in the table that `boot_report` reads; entry.asm knows it by BOOT_NAME_SHIFT."""


def boot_names() -> str:
    """The table of names by BootPath, from 0 on."""
    lines = ["    .align  16", "boot_names:"]
    for path in range(max(BootPath) + 1):
        name = BOOT_NAMES.get(path, "")
        lines.append(f'    .ascii  "{name}"')
        lines.append(f"    .zero   {BOOT_NAME_SIZE - len(name)}")
    return "\n".join([*lines, ""])


def efi_data() -> str:
    """What `uefi.asm` and `uefimap.asm` look up: a GUID, and the E820 type of each EFI type."""
    guid = ", ".join(f"{byte:#04x}" for byte in GRAPHICS_OUTPUT_PROTOCOL)
    types = [f"    .byte   E820Type.{E820_TYPES.get(kind, 'RESERVED')}" for kind in EfiMemoryType]
    return "\n".join(
        [
            "efi_graphics_output:",
            f"    .byte   {guid}",
            "efi_types:",
            *types,
            "efi_types_end:",
            "    .align  8",
            "",
        ]
    )


UEFI = BootCode(
    target="uefi",
    address=0x10_0000,
    code=[
        Assembly(HERE / "uefi.asm"),
        Assembly(HERE / "uefimap.asm"),
        Assembly(HERE / "uefi_data.asm", generate=efi_data),
        Assembly(HERE / "long.asm"),
    ],
)


class GlobalDescriptorTable(Record, size=64, source=KERNEL("Hardware")):
    """In the order of `stages.selectors.Selector`."""

    null: SegmentDescriptor = nested()
    kernel_code: SegmentDescriptor = nested()
    kernel_data: SegmentDescriptor = nested()
    no_user_code32: SegmentDescriptor = nested("SYSRET's base: a task never runs 32-bit code")
    user_data: SegmentDescriptor = nested()
    user_code: SegmentDescriptor = nested()
    tss: SystemDescriptor = nested("LTR sets its busy bit, so the table must be writable")


def fill_gdt(symbols: Symbols) -> GlobalDescriptorTable:
    code = WHOLE.replace(executable=True, long=True)
    data = WHOLE.replace(default_size=True)
    null = SegmentDescriptor(not_system=False)
    tss = Cpu.offset("tss")
    return GlobalDescriptorTable(
        null=null,
        kernel_code=code,
        kernel_data=data,
        no_user_code32=null,
        user_data=data.replace(dpl=Ring.USER),
        user_code=code.replace(dpl=Ring.USER),
        tss=SystemDescriptor(
            base=symbols["cpu"] + tss,
            limit=Cpu.offset("io_bitmap") + len(Cpu().io_bitmap) - tss - 1,
            type=SystemType.AVAILABLE_TSS,
            present=True,
        ),
    )


def fill_gdt_pointer(symbols: Symbols) -> DescriptorTablePointer:
    return DescriptorTablePointer(limit=GlobalDescriptorTable.size - 1, base=symbols["gdt"])


STAGE = Stage(
    name="boot",
    code=[
        Assembly(HERE / "entry.asm"),
        Assembly(HERE / "features.asm"),
        Assembly(HERE / "text.asm", Access.RODATA),
        Assembly(HERE / "boot_names.asm", Access.RODATA, boot_names),
    ],
    regions=[
        Region("gdt", GlobalDescriptorTable, fill_gdt),
        Region("gdt_pointer", DescriptorTablePointer, fill_gdt_pointer, Access.RODATA),
        Region("boot_info", BootInfo, fill=None, align=4096),
    ],
    claims=CLAIMS,
)
