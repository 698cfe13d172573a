"""Whatever the bytes are: a parser reads them or raises ParseError, and `identify` raises nothing,
within 0.1 seconds of processor time and bounded memory for 64 KiB. A machine that is slower or busy
has `ROOM` times as long.
"""

from __future__ import annotations

import importlib
import pkgutil
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kobjects.firmware
from kobjects.errors import KobjectsError, ParseError
from kobjects.firmware import elf, iso9660, pe
from kobjects.firmware.fat import BiosParameterBlock, Fat16BootSector
from kobjects.firmware.fatlayout import FatLayout
from kobjects.firmware.gpt import EFI_SYSTEM, GptEntry, GptHeader
from kobjects.firmware.mbr import MasterBootRecord, PartitionEntry, PartitionType
from kobjects.identify import LIMIT, identify
from kobjects.patch import patch
from kobjects.record import Record
from tests.kobjects.blobs import acpi_tables, fat_volume, gpt_disk
from tests.kobjects.firmware.test_multiboot import ONE, TWO, kernel
from tests.kobjects.firmware.test_pe import forged as forged_pe
from tests.kobjects.firmware.tools import existing
from tests.kobjects.mangler import mutants

SECONDS, ROOM = 0.1, 4
MEMORY = 32 << 20
"""Bytes that the tree of 64 KiB may take."""


def schemas() -> list[Any]:
    """Every Record of the firmware room that has a size."""
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(kobjects.firmware.__path__, "kobjects.firmware."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, Record) and value._codec:
                found[f"{value.__module__}.{value.__name__}"] = value
    return [found[name] for name in sorted(found)]


SCHEMAS = schemas()
VARYING = [schema for schema in SCHEMAS if not schema._codec.format]


def test_there_are_schemas_of_both_kinds() -> None:
    assert len(SCHEMAS) > 90
    assert len(VARYING) > 20


@given(st.sampled_from(SCHEMAS), st.binary(max_size=200))
def test_a_parser_reads_or_refuses_with_a_place(schema: Any, data: bytes) -> None:
    error = read(schema, data)
    if error is not None:
        assert error.offset is not None
        assert 0 <= error.offset <= len(data)
        assert error.expected is not None
        assert error.found is not None


@pytest.mark.parametrize("schema", VARYING, ids=lambda schema: schema.__name__)
def test_mutants_of_a_default_are_read_or_refused(schema: Any) -> None:
    good = schema().build().ljust(64, b"\1")
    for data in mutants(good, 1, 60):
        read(schema, data)


def read(schema: Any, data: bytes) -> ParseError | None:
    """Read, check, change and write again what can be read; else the error."""
    try:
        value = schema.parse(data)
    except ParseError as error:
        return error
    assert data.startswith(value.build())
    value.check()
    assert value.replace() == value
    str(value)
    return None


def seeds(folder: Path) -> dict[str, bytes]:
    """One file of each format."""
    return {
        "gpt": bytes(gpt_disk()),
        "fat": fat_volume(),
        "pe": forged_pe(),
        "acpi": acpi_tables(),
        "elf": Path("/bin/true").read_bytes(),
        "multiboot": kernel(folder / "one", ONE.build()).read_bytes(),
        "multiboot2": kernel(folder / "two", TWO.build()).read_bytes(),
    }


@pytest.mark.parametrize(
    "name", ["gpt", "fat", "pe", "acpi", "elf", "multiboot", "multiboot2", "iso", "bzimage"]
)
def test_no_mutant_of_a_file_troubles_identify(tmp_path: Path, name: str) -> None:
    survive(seed(tmp_path, name), 1, 150)


@pytest.mark.campaign
@pytest.mark.parametrize("round_", range(20))
def test_no_mutant_of_a_file_troubles_identify_for_long(tmp_path: Path, round_: int) -> None:
    for name in (*seeds(tmp_path), "iso", "bzimage"):
        survive(seed(tmp_path, name), time.time_ns() + round_, 2000)


def seed(folder: Path, name: str) -> bytes:
    if name == "iso":
        return existing("/usr/lib/ipxe/ipxe.iso").read_bytes()
    if name == "bzimage":
        return existing("/boot/memtest86+x64.bin").read_bytes()
    return seeds(folder)[name]


def survive(data: bytes, number: int, count: int) -> None:
    for index, mutant in enumerate(mutants(data, number, count)):
        start = time.process_time()
        found = identify(mutant)
        found.all_findings()
        took = time.process_time() - start
        if took > SECONDS * ROOM:
            took = min(took, timed(mutant))
        assert took < SECONDS * ROOM, f"mutant {index} of seed {number} took {took:.3f} s"
        assert sum(1 for _ in found.walk()) <= LIMIT + 1


def timed(blob: bytes) -> float:
    start = time.process_time()
    identify(blob).all_findings()
    return time.process_time() - start


# What takes most, 64 KiB of each


def table(signature: bytes, body: bytes) -> bytes:
    return signature + struct.pack("<I", 36 + len(body)) + bytes(28) + body


def fat_of(entry: bytes) -> bytes:
    bpb = BiosParameterBlock(root_entries=2000, total_sectors_16=4000, fat_size_16=12)
    root = FatLayout.of(bpb).root
    volume = Fat16BootSector(bpb=bpb).build().ljust(root, b"\1") + entry * 2000
    return volume.ljust(120 * 512, b"\0")


def iso_of(record: bytes) -> bytes:
    primary = iso9660.PrimaryDescriptor().edit(
        {"root.extent": 18, "root.data_length": 1 << 20, "volume_size": 50}
    )
    sector = (record * (2048 // len(record))).ljust(2048, b"\0")
    end = iso9660.TerminatorDescriptor().build()
    return bytes(32768) + primary.build() + end + sector * 14


def elf_of(**fields: Any) -> bytes:
    return elf.Elf64Header(**fields).build()


def nested_disks() -> Iterator[bytes]:
    """Each sector is a disk whose partitions begin in the next ones."""
    for _ in range(128):
        entries = [
            PartitionEntry(type=PartitionType.LINUX, first_lba=1 + index, sectors=100)
            for index in range(4)
        ]
        yield MasterBootRecord(partitions=tuple(entries)).build()


def many_notes() -> bytes:
    note = elf.Elf64ProgramHeader(
        p_type=elf.SegmentType.PT_NOTE, p_offset=4096, p_filesz=60000, p_memsz=60000
    ).build()
    return (elf_of(e_phoff=64, e_phnum=50) + note * 50).ljust(4096, b"\0") + bytes(61000)


def pe_of(sections: int, directories: int) -> bytes:
    optional = pe.OptionalHeader64(magic=0x20B, directories=(pe.DataDirectory(),) * directories)
    coff = pe.CoffHeader(sections=sections, optional_size=len(optional.build()))
    return pe.DosHeader().build() + pe.PE_SIGNATURE + coff.build() + optional.build()


def gpt_of() -> bytes:
    header = GptHeader(number_of_entries=500, alternate_lba=127, last_usable_lba=1 << 60).build()
    entry = GptEntry(type=EFI_SYSTEM, first_lba=1, last_lba=1 << 40).build()
    return (bytes(512) + header.ljust(512, b"\0") + entry * 480).ljust(65536, b"\0")


DIRECTORY = iso9660.IsoDirectoryRecord(
    name=b"A",  # type: ignore[arg-type]
    flags=iso9660.FileFlags(directory=True), extent=18, data_length=1 << 20,
).build()  # fmt: skip

WORST: dict[str, Callable[[], bytes]] = {
    "entries of two bytes": lambda: table(b"APIC", bytes(8) + b"\x63\x02" * 32000),
    "entries of eight bytes": lambda: table(b"APIC", bytes(8) + b"\0\x08\1\1\1\0\0\0" * 8000),
    "many tables": lambda: table(b"AAAA", b"") * 1800,
    "many sections": lambda: elf_of(e_shoff=64, e_shnum=1000, e_shstrndx=1) + b"\7" * 65536,
    "notes again and again": many_notes,
    "deleted files": lambda: fat_of(b"\xe5" + bytes(31)),
    "a long name without end": lambda: fat_of(b"\x41" * 11 + b"\x0f" + b"a" * 20),
    "files of one name": lambda: fat_of(b"A" * 11 + b" " + bytes(14) + b"\2\0" + bytes(4)),
    "directories of one cluster": lambda: fat_of(b"A" * 11 + b"\x10" + bytes(14) + b"\2\0\0\0\0\0"),
    "records of this directory": lambda: iso_of(iso9660.IsoDirectoryRecord(name=b"\0").build()),  # type: ignore[arg-type]
    "directories that lead back": lambda: iso_of(DIRECTORY),
    "sections of a PE image": lambda: pe_of(65535, 0) + b"\x11" * 65000,
    "directories of a PE image": lambda: pe_of(0, 8000),
    "disks in disks": lambda: b"".join(nested_disks()),
    "multiboot's magic number": lambda: b"\x02\xb0\xad\x1b" * 16000,
    "partitions of everything": gpt_of,
}  # fmt: skip


@pytest.mark.parametrize("name", WORST)
def test_the_worst_takes_no_long_time_and_not_much_memory(name: str) -> None:
    blob = WORST[name]()
    assert min(timed(blob) for _ in range(3)) < SECONDS * ROOM
    tracemalloc.start()
    try:
        identify(blob)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY, f"{peak >> 20} MiB"


@given(st.binary(max_size=300))
def test_a_patch_of_nonsense_is_refused_or_done(data: bytes) -> None:
    buffer = bytearray(data)
    for path, node in identify(buffer).walk():
        for field in list(getattr(type(node.value), "fields", {}))[:4]:
            try:
                patch(buffer, {f"{path}.{field}": "1"})
            except KobjectsError:
                continue
    assert len(buffer) == len(data)
