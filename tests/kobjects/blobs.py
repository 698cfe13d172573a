"""Blobs to be identified: disks and files, made by other programs or forged here."""

from __future__ import annotations

from pathlib import Path

from kobjects.firmware.acpi import AcpiTable, Madt, Xsdt
from kobjects.firmware.fat import (
    BiosParameterBlock,
    DirectoryEntry,
    ExtendedParameters,
    Fat16BootSector,
    FileAttributes,
)
from kobjects.firmware.fatlayout import FatLayout, put_entry
from kobjects.firmware.gpt import EFI_SYSTEM, LINUX_DATA, Gpt, GptEntry
from kobjects.firmware.madt import IoApicEntry, LocalApicEntry
from kobjects.text import Guid, Spaced, Utf16
from tests.kobjects.firmware.test_pe import forged as forged_pe
from tests.kobjects.firmware.tools import existing, run, sparse

SECTORS = 8192
ESP = 2048
"""First block of the partition."""


def fat_volume(sectors: int = 4096) -> bytes:
    """A FAT12 volume with a directory and, in it, an EFI program."""
    bpb = BiosParameterBlock(sectors_per_cluster=2, root_entries=64, total_sectors_16=sectors,
                             fat_size_16=7)  # fmt: skip
    layout = FatLayout.of(bpb)
    image = bytearray(sectors * 512)
    boot = Fat16BootSector(bpb=bpb, extended=ExtendedParameters(filesystem_type=Spaced("FAT12")))
    image[:512] = boot.build()
    program = forged_pe()
    table = bytearray(layout.fat_size)
    put_entry(table, 12, 0, 0xFF8)
    put_entry(table, 12, 1, 0xFFF)
    put_entry(table, 12, 2, 0xFFF)
    clusters = -(-len(program) // layout.cluster)
    for index in range(clusters):
        put_entry(table, 12, 3 + index, 0xFFF if index == clusters - 1 else 4 + index)
    for copy in range(2):
        place = layout.fat + copy * layout.fat_size
        image[place : place + len(table)] = table
    directory = DirectoryEntry(
        name=Spaced("EFI"), attributes=FileAttributes(directory=True), cluster_low=2
    )
    file = DirectoryEntry(
        name=Spaced("BOOTX64 EFI"), attributes=FileAttributes(archive=True), cluster_low=3,
        file_size=len(program),
    )  # fmt: skip
    image[layout.root : layout.root + 32] = directory.build()
    image[layout.place(2) : layout.place(2) + 32] = file.build()
    image[layout.place(3) : layout.place(3) + len(program)] = program
    return bytes(image)


def gpt_disk() -> bytearray:
    """A disk whose first partition is that volume."""
    image = bytearray(SECTORS * 512)
    entries = [
        GptEntry(type=EFI_SYSTEM, unique=Guid(b"1" * 16), first_lba=ESP, last_lba=ESP + 4095,
                 name=Utf16("ESP")),
        GptEntry(type=LINUX_DATA, unique=Guid(b"2" * 16), first_lba=ESP + 4096,
                 last_lba=SECTORS - 100, name=Utf16("data")),
    ]  # fmt: skip
    for offset, data in Gpt.make(entries, SECTORS).pieces():
        image[offset : offset + len(data)] = data
    image[ESP * 512 : (ESP + 4096) * 512] = fat_volume()
    return image


def acpi_tables() -> bytes:
    """Three tables one after the other, the last of no known kind."""
    madt = Madt(entries=(LocalApicEntry(apic_id=1), IoApicEntry(address=0xFEC00000)))
    other = AcpiTable(signature=b"SSDT", content=b"AML")  # type: ignore[arg-type]
    return Xsdt(tables=(0x1000,)).build() + madt.build() + other.build()


def real_disk(folder: Path) -> Path:
    """A GPT disk of sgdisk's with a FAT32 ESP of mkfs.fat's and an EFI program of mtools's."""
    program = existing("/usr/lib/ipxe/ipxe.efi")
    disk = sparse(folder / "disk.img", 100 << 20)
    esp = sparse(folder / "esp.img", 96 << 20)
    run("mkfs.fat", "-F", 32, "-n", "ESP", esp)
    run("mmd", "-i", esp, "::EFI", "::EFI/BOOT")
    run("mcopy", "-i", esp, program, "::EFI/BOOT/BOOTX64.EFI")
    run("mcopy", "-i", esp, program, "::EFI/BOOT/a second program.efi")
    run("sgdisk", "--clear", f"--new=1:2048:{2048 + (96 << 11) - 1}", "--typecode=1:EF00", disk)
    with disk.open("r+b") as file:
        file.seek(2048 * 512)
        file.write(esp.read_bytes())
    return disk
