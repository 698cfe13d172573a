"""PE beside pefile, objdump and file, on EFI programs that others built."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kobjects.firmware.pe import (
    CHECKSUM_OFFSET,
    PE_SIGNATURE,
    BaseRelocationBlock,
    Characteristics,
    CoffHeader,
    DataDirectory,
    Directory,
    DllCharacteristics,
    DosHeader,
    ImageFields,
    OptionalHeader64,
    PeMachine,
    PeSectionHeader,
    SectionCharacteristics,
    Subsystem,
    checksum,
)
from kobjects.text import Ascii
from tests.kobjects.firmware.tools import existing, run
from tests.kobjects.oracle import evaluate

PEFILE = """
import json, sys, pefile
image = pefile.PE(sys.argv[1])
o, f = image.OPTIONAL_HEADER, image.FILE_HEADER
print(json.dumps({
    "lfanew": image.DOS_HEADER.e_lfanew, "machine": f.Machine, "sections": f.NumberOfSections,
    "time": f.TimeDateStamp, "characteristics": f.Characteristics, "magic": o.Magic,
    "optional": f.SizeOfOptionalHeader, "entry": o.AddressOfEntryPoint, "base": o.ImageBase,
    "code": o.SizeOfCode, "image": o.SizeOfImage, "headers": o.SizeOfHeaders,
    "alignment": [o.SectionAlignment, o.FileAlignment], "subsystem": o.Subsystem,
    "dll": o.DllCharacteristics, "checksum": o.CheckSum, "computed": image.generate_checksum(),
    "stack": [o.SizeOfStackReserve, o.SizeOfStackCommit],
    "directories": [[d.VirtualAddress, d.Size] for d in o.DATA_DIRECTORY],
    "list": [[s.Name.hex(), s.Misc_VirtualSize, s.VirtualAddress, s.SizeOfRawData,
              s.PointerToRawData, s.Characteristics] for s in image.sections],
}))
"""

PROGRAMS = ("/usr/lib/ipxe/ipxe.efi", "/boot/memtest86+x64.efi")


def pefile(path: Path) -> dict[str, Any]:
    """What pefile says; it is Debian's, beside Debian's Python."""
    existing("/usr/lib/python3/dist-packages/pefile.py")
    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-c", PEFILE, str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def ours(data: bytes) -> dict[str, Any]:
    """The same of the schemas."""
    dos = DosHeader.parse(data)
    at = dos.e_lfanew
    assert data[at : at + 4] == PE_SIGNATURE
    coff = CoffHeader.parse(data[at + 4 :])
    start = at + 4 + CoffHeader.size
    optional = OptionalHeader64.parse(data[start : start + coff.optional_size])
    image = optional.image
    table = PeSectionHeader[coff.sections].parse(data[start + coff.optional_size :])
    return {
        "lfanew": at, "machine": coff.machine, "sections": coff.sections, "time": coff.timestamp,
        "characteristics": coff.characteristics, "magic": optional.magic,
        "optional": coff.optional_size, "entry": optional.entry, "base": optional.image_base,
        "code": optional.code_size, "image": image.image_size, "headers": image.headers_size,
        "alignment": [image.section_alignment, image.file_alignment],
        "subsystem": image.subsystem, "dll": image.dll_characteristics,
        "checksum": image.checksum, "computed": checksum(data, start + CHECKSUM_OFFSET),
        "stack": [optional.stack_reserve, optional.stack_commit],
        "directories": [[d.virtual_address, d.length] for d in optional.directories],
        "list": [[s.name.hex(), s.virtual_size, s.virtual_address, s.raw_size, s.raw_offset,
                  s.characteristics] for s in table],
    }  # fmt: skip


@pytest.mark.parametrize("path", PROGRAMS)
def test_pefile_reads_the_same(path: str) -> None:
    file = existing(path)
    assert ours(file.read_bytes()) == pefile(file)


def forged() -> bytes:
    """An EFI program of one instruction: hlt."""
    text = PeSectionHeader(
        name=Ascii(".text"), virtual_size=1, virtual_address=4096, raw_size=512, raw_offset=512,
        characteristics=SectionCharacteristics(code=True, execute=True, read=True),
    )  # fmt: skip
    relocations = BaseRelocationBlock(page=4096)
    reloc = text.replace(
        name=Ascii(".reloc"), virtual_size=relocations.length, virtual_address=8192,
        raw_offset=1024, characteristics=SectionCharacteristics(
            initialized_data=True, discardable=True, read=True),
    )  # fmt: skip
    directories = [DataDirectory()] * 16
    directories[Directory.BASE_RELOCATION] = DataDirectory(
        virtual_address=8192, length=relocations.length
    )
    optional = OptionalHeader64(
        magic=0x20B, code_size=512, initialized_size=512, entry=4096, code_base=4096,
        directories=tuple(directories),
        image=ImageFields(
            image_size=3 * 4096, headers_size=512,
            dll_characteristics=DllCharacteristics(nx_compatible=True, dynamic_base=True),
        ),
    )  # fmt: skip
    coff = CoffHeader(
        sections=2, optional_size=len(optional.build()),
        characteristics=Characteristics(executable_image=True, large_address_aware=True),
    )  # fmt: skip
    table = PeSectionHeader[2].build((text, reloc))
    head = DosHeader().build() + PE_SIGNATURE + coff.build() + optional.build() + table
    data = head.ljust(512, b"\0") + b"\xf4".ljust(512, b"\xcc")
    data += relocations.build().ljust(512, b"\0")
    place = 64 + 4 + 20 + CHECKSUM_OFFSET
    return data[:place] + checksum(data, place).to_bytes(4, "little") + data[place + 4 :]


def test_others_read_a_forged_program(tmp_path: Path) -> None:
    file = tmp_path / "forged.efi"
    file.write_bytes(forged())
    assert "PE32+ executable (EFI application) x86-64" in run("file", file)
    said = run("objdump", "-x", file)
    assert "file format pei-x86-64" in said
    assert "AddressOfEntryPoint\t0000000000001000" in said
    assert ".text         00000001  0000000000401000" in said
    assert "Subsystem\t\t0000000a\t(EFI application)" in said
    assert "hlt" in run("objdump", "-d", file)
    theirs = pefile(file)
    assert theirs == ours(file.read_bytes())
    assert theirs["checksum"] == theirs["computed"]


def test_relocations_are_those_objdump_lists() -> None:
    file = existing("/usr/lib/ipxe/ipxe.efi")
    data = file.read_bytes()
    image = ours(data)
    address, size = image["directories"][Directory.BASE_RELOCATION]
    raw = next(s for s in image["list"] if s[2] <= address < s[2] + max(s[1], s[3]))
    place = raw[4] + address - raw[2]
    end, pages = place + size, []
    while place < end:
        block = BaseRelocationBlock.parse(data[place:end])
        pages.append((block.page, len(block.entries)))
        place += block.length
    lines = [line.split() for line in run("objdump", "-p", file).splitlines()]
    listed = [line for line in lines if line[:2] == ["Virtual", "Address:"]]
    assert pages == [(int(line[2], 16), int(line[-1])) for line in listed]
    assert pages


def test_enumerations_are_those_of_linux() -> None:
    named = {m.name.replace("ARMNT", "ARMV7"): m for m in PeMachine if m}
    members: dict[str, int] = {f"IMAGE_FILE_MACHINE_{name}": m for name, m in named.items()}
    members |= {
        f"IMAGE_SUBSYSTEM_{m.name.replace('_SUBSYSTEM', '').replace('EFI_ROM', 'EFI_ROM_IMAGE')}": m
        for m in Subsystem
        if m.name != "WINDOWS_BOOT_APPLICATION"
    }
    found = evaluate({name: name for name in members}, includes=["linux/pe.h"], linux=True)
    assert found == {name: int(member) for name, member in members.items()}


def test_flags_are_those_of_linux() -> None:
    words: dict[str, tuple[Any, dict[str, str]]] = {
        "IMAGE_FILE_": (Characteristics, {"machine_32bit": "32BIT_MACHINE"}),
        "IMAGE_SCN_": (SectionCharacteristics, {
            "no_pad": "TYPE_NO_PAD", "code": "CNT_CODE", "initialized_data": "CNT_INITIALIZED_DATA",
            "uninitialized_data": "CNT_UNINITIALIZED_DATA", "link_info": "LNK_INFO",
            "link_remove": "LNK_REMOVE", "link_comdat": "LNK_COMDAT",
            "relocation_overflow": "LNK_NRELOC_OVFL",
            **{n: f"MEM_{n.upper()}" for n in ("discardable", "not_cached", "not_paged", "shared",
                                               "execute", "read", "write")},
        }),
    }  # fmt: skip
    wanted = {
        prefix + renamed.get(name, name.upper()): field.mask
        for prefix, (word, renamed) in words.items()
        for name, field in word.fields.items()
        if not field.reserved and name not in ("alignment", "link_other")
    }
    found = evaluate({name: name for name in wanted}, includes=["linux/pe.h"], linux=True)
    assert found == wanted
