"""The files: read back by programs that know nothing of us, and every byte owned."""

from __future__ import annotations

import io
import json
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from elftools.elf.segments import NoteSegment

from kobjects.firmware.mbr import MasterBootRecord, PartitionStatus
from packer.errors import PackError
from packer.formats import bios, iso, multiboot, pvh, rom, symbols
from packer.image import Artifact, Image
from packer.provenance import Kind
from tests.packer import tiny


@pytest.fixture(scope="module")
def image() -> Image:
    return tiny.linked(tiny.system(tasks=[tiny.task(), tiny.task("two")]))


@pytest.fixture(scope="module")
def disk(image: Image) -> Artifact:
    return bios.wrap(image, tiny.BIOS)


@pytest.fixture(scope="module")
def elf(image: Image) -> Artifact:
    return pvh.wrap(image, tiny.PVH)


@pytest.fixture(scope="module")
def debug(image: Image, disk: Artifact, elf: Artifact) -> Artifact:
    return symbols.wrap(image, [boot for file in (disk, elf) if (boot := file.boot)])


@pytest.fixture(scope="module")
def disc(image: Image) -> Artifact:
    return iso.wrap(image, tiny.boot(target="iso"))


@pytest.fixture(scope="module")
def flat(image: Image) -> Artifact:
    return multiboot.wrap(image, tiny.MULTIBOOT)


@pytest.fixture(scope="module")
def firmware(image: Image) -> Artifact:
    return rom.wrap(image, tiny.boot("    .code16\nstart:\n    jmp start\n    .org 16\n", 0xFFF0))


@pytest.mark.parametrize("kind", ["disk", "elf", "disc", "flat", "firmware", "debug"])
def test_every_byte_of_a_file_has_one_owner(kind: str, request: pytest.FixtureRequest) -> None:
    file: Artifact = request.getfixturevalue(kind)
    reached = 0
    for owner in file.owners:
        assert owner.start == reached
        assert owner.size > 0
        reached = owner.end
        if owner.kind is Kind.PADDING:
            assert not any(file.data[owner.start : owner.end])
    assert reached == len(file.data)


def needs(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"this system has no {program}")
    return path


def output(program: str, *arguments: object) -> str:
    command = [needs(program), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


# The BIOS disk

OFFSETS = (0, 440, 0x1C6, 510, 512)


def test_sfdisk_reads_one_active_partition_that_covers_the_rest(
    disk: Artifact, tmp_path: Path
) -> None:
    (tmp_path / "disk").write_bytes(disk.data)
    table = json.loads(output("sfdisk", "-J", tmp_path / "disk"))["partitiontable"]
    (partition,) = table["partitions"]
    assert table["label"] == "dos"
    assert (partition["start"], partition["size"]) == (1, len(disk.data) // 512 - 1)
    assert (partition["type"], partition["bootable"]) == ("7f", True)
    assert int(table["id"], 16) == MasterBootRecord.parse(disk.data).disk_signature != 0
    assert "No errors detected." in output("sfdisk", "--verify", tmp_path / "disk")


def test_the_loader_is_told_where_everything_lies(image: Image, disk: Artifact) -> None:
    loader, kernel, lba, entry = struct.unpack_from("<HHQI", disk.data, 512)
    assert (loader, lba) == (1, 2)
    assert kernel * 512 == len(image.load)
    assert disk.data[lba * 512 :] == image.load
    assert entry == image.symbols.physical("kernel_entry")


def test_the_first_sector_belongs_to_code_and_to_the_record(disk: Artifact) -> None:
    assert [(disk.owners.at(offset).part, disk.owners.at(offset).path) for offset in OFFSETS] == [
        ("boot.bios", "bios_entry"),
        ("master boot record", "disk_signature"),
        ("master boot record", "partitions[0].first_lba"),
        ("master boot record", "signature"),
        ("boot.bios", "rest"),
    ]
    record = MasterBootRecord.parse(disk.data)
    assert record.signature == 0xAA55
    assert [p.status for p in record.partitions] == [PartitionStatus.ACTIVE, 0, 0, 0]


def test_the_disk_signature_follows_the_content(disk: Artifact) -> None:
    other = bios.wrap(tiny.linked(tiny.system()), tiny.BIOS)
    signatures = {MasterBootRecord.parse(file.data).disk_signature for file in (disk, other)}
    assert len(signatures) == 2


def test_a_loader_of_one_sector_gets_no_second(image: Image) -> None:
    small = bios.wrap(image, tiny.boot("    .code16\nhalt:\n    hlt\n    jmp halt\n"))
    assert small.data[512:] == image.load
    assert small.owners.at(300).text == "the first sector's code ends earlier"


def test_code_in_the_partition_table_is_refused(image: Image) -> None:
    code = "    .zero 445\n    .byte 7\n    .org 512\n"
    with pytest.raises(PackError) as caught:
        bios.wrap(image, tiny.boot(code))
    assert str(caught.value) == (
        "boot.bios: error[KP2214]: the boot code has a byte at 445 of the first sector, where the "
        "partition table begins at 440\n"
        "help: move code behind the .org 512 that ends the first sector"
    )


def test_a_loader_that_reaches_the_bioss_own_memory_is_refused(image: Image) -> None:
    with pytest.raises(PackError, match=r"\[0x80000, 0x100000\) overlaps boot\.bios, which "):
        bios.wrap(image, tiny.boot(f"    .zero 440\n    .org {0x78500}\n"))


# The PVH file


def test_readelf_finds_nothing_wrong(elf: Artifact, debug: Artifact, tmp_path: Path) -> None:
    for file in (elf, debug):
        (tmp_path / file.name).write_bytes(file.data)
        command = [needs("readelf"), "--all", "--wide", str(tmp_path / file.name)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stderr == ""
        assert "Warning" not in done.stdout


def test_segments_carry_boot_code_and_kernel(image: Image, elf: Artifact) -> None:
    loads = list(ELFFile(io.BytesIO(elf.data)).iter_segments("PT_LOAD"))
    memory = bytearray(image.layout.end)
    for segment in loads:
        assert segment["p_offset"] % 4096 == segment["p_vaddr"] % 4096
        assert segment["p_flags"] & 3 != 3, "writable and executable"
        data, start = segment.data(), segment["p_paddr"]
        memory[start : start + len(data)] = data
    assert elf.boot is not None
    assert memory[0x100000 : elf.boot.end] == elf.boot.code
    assert memory[image.layout.window.start : image.layout.loaded_end] == image.load
    last = loads[-1]  # reserved memory
    assert (last["p_filesz"], last["p_paddr"] + last["p_memsz"]) == (0, image.layout.end)
    assert all(load["p_vaddr"] - load["p_paddr"] == image.layout.window.base for load in loads[1:])


def test_the_note_names_the_entry_and_lies_in_the_boot_codes_segment(elf: Artifact) -> None:
    file = ELFFile(io.BytesIO(elf.data))
    boot = next(file.iter_segments("PT_LOAD"))
    (segment,) = file.iter_segments("PT_NOTE")
    assert isinstance(segment, NoteSegment)
    (note,) = segment.iter_notes()
    assert note["n_name"] == "Xen"
    assert int(note["n_type"]) == 18, "XEN_ELFNOTE_PHYS32_ENTRY"
    assert int.from_bytes(note["n_descdata"], "little") == 0x100001 == file["e_entry"]
    assert boot["p_offset"] <= segment["p_offset"]
    assert segment["p_offset"] + segment["p_filesz"] <= boot["p_offset"] + boot["p_filesz"]
    assert segment["p_paddr"] - boot["p_paddr"] == segment["p_offset"] - boot["p_offset"]


def test_boot_code_without_the_entry_label_is_refused(image: Image) -> None:
    with pytest.raises(PackError) as caught:
        pvh.wrap(image, tiny.boot("start:\n    hlt\n", 0x100000, "pvh"))
    assert str(caught.value) == (
        "boot.pvh: error[KP2203]: the boot code has no label pvh_entry, at which it would be "
        "entered"
    )


def test_boot_code_that_reaches_the_kernel_is_refused(image: Image) -> None:
    with pytest.raises(PackError) as caught:
        pvh.wrap(image, tiny.boot("pvh_entry:\n    hlt\n", 0x200000, "pvh"))
    assert str(caught.value) == (
        "the kernel: error[KP2005]: [0x200000, 0x208000) overlaps boot.pvh, "
        "which lies at [0x200000, 0x200001)"
    )


# The symbols


def symbol_table(file: Artifact) -> dict[str, tuple[int, int, str]]:
    (table,) = ELFFile(io.BytesIO(file.data)).iter_sections("SHT_SYMTAB")
    assert isinstance(table, SymbolTableSection)
    return {
        symbol.name: (symbol["st_value"], symbol["st_size"], symbol["st_info"]["type"])
        for symbol in table.iter_symbols()
    }


def test_every_name_has_its_address_and_extent(image: Image, debug: Artifact) -> None:
    table = symbol_table(debug)
    for name, address in image.symbols.items():
        if name not in ("kernel.text", "kernel.rodata"):
            assert table[name][0] == address
    size = len(image.units["kernel.text"].code)
    assert table["kernel_entry"][1:] == (size, "STT_FUNC")
    assert table["kernel_entry.again"][1:] == (0, "STT_NOTYPE")
    assert table["table"][1:] == (tiny.Table.size, "STT_OBJECT")
    assert table["bios_entry"][0] == 0x7C00
    assert table["pvh_entry"][0] == 0x100001
    assert table["task.one.start"] == table["task.two.start"]


def test_gdb_knows_where_everything_is(image: Image, debug: Artifact, tmp_path: Path) -> None:
    (tmp_path / "symbols").write_bytes(debug.data)
    entry = image.symbols["kernel_entry.again"]
    commands = [f"info symbol {entry:#x}", "x/i kernel_entry", "print &'kernel_entry.again'"]
    arguments = [part for command in commands for part in ("-ex", command)]
    said = output("gdb", "-nx", "-batch", *arguments, tmp_path / "symbols")
    assert "kernel_entry + 14 in section .text" in said
    assert re.search(r"<kernel_entry>:\s+lea", said)
    assert f"{entry:#x} <kernel_entry+14>" in said, "a local label is a mark in its function"
