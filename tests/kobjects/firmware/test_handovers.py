"""What firmware hands over or is handed: E820, PVH and disk packets, against public headers."""

from __future__ import annotations

import pytest

from kobjects.bytefield import ByteField
from kobjects.firmware.bios import DiskAddressPacket
from kobjects.firmware.e820 import (
    E820_SIGNATURE,
    E820Attributes,
    E820Entry,
    E820EntryExtended,
    E820Type,
)
from kobjects.firmware.pvh import (
    START_MAGIC,
    XEN_ELFNOTE_PHYS32_ENTRY,
    HvmMemmapTableEntry,
    HvmMemoryType,
    HvmModlistEntry,
    HvmStartInfo,
)
from kobjects.record import Record
from tests.kobjects.oracle import evaluate, layout, pairs

START_INFO = "xen/interface/hvm/start_info.h"

PVH: dict[type[Record], tuple[str, dict[str, str]]] = {
    HvmStartInfo: ("hvm_start_info", pairs("zero_52=reserved")),
    HvmModlistEntry: ("hvm_modlist_entry", pairs("length=size reserved_24=reserved")),
    HvmMemmapTableEntry: ("hvm_memmap_table_entry", pairs("length=size zero_20=reserved")),
}
"""C's structure, and the members that have another name there."""


@pytest.mark.parametrize("record", PVH, ids=lambda record: record.__name__)
def test_pvh_layout_equals_xens_header(record: type[Record]) -> None:
    structure, renamed = PVH[record]
    members = {name: renamed.get(name, name) for name in record.fields}
    found = evaluate(layout(structure, members), includes=[START_INFO], linux=True)
    assert found.pop(f"{structure}:") == record.size
    for name, field in record.fields.items():
        assert isinstance(field, ByteField)
        assert found[f"{structure}:{name}@"] == field.offset, name
        assert found[f"{structure}:{name}#"] == field.size, name


def test_pvh_numbers_equal_xens_headers() -> None:
    table = {f"XEN_HVM_MEMMAP_TYPE_{kind.name}": kind.value for kind in HvmMemoryType}
    table |= {
        "XEN_HVM_START_MAGIC_VALUE": START_MAGIC,
        "XEN_ELFNOTE_PHYS32_ENTRY": XEN_ELFNOTE_PHYS32_ENTRY,
    }
    headers = [START_INFO, "xen/interface/elfnote.h"]
    assert evaluate({n: n for n in table}, includes=headers, linux=True) == table


def test_a_start_info_of_another_magic_is_found() -> None:
    assert [f.path for f in HvmStartInfo.parse(bytes(56)).check()] == ["magic"]


def test_e820_entry_equals_linux_header_for_boot_loaders() -> None:
    members = pairs("base=addr length=size type=type")
    found = evaluate(layout("boot_e820_entry", members), includes=["asm/bootparam.h"])
    assert found.pop("boot_e820_entry:") == E820Entry.size
    for name in members:
        assert found[f"boot_e820_entry:{name}@"] == E820Entry.offset(name)
        assert found[f"boot_e820_entry:{name}@"] == E820EntryExtended.offset(name)


def test_e820_types_equal_linux() -> None:
    table = pairs("RAM=RAM RESERVED=RESERVED ACPI_RECLAIMABLE=ACPI ACPI_NVS=NVS UNUSABLE=UNUSABLE "
                  "PERSISTENT=PMEM")  # fmt: skip
    found = evaluate(
        {name: f"E820_TYPE_{kind}" for name, kind in table.items()},
        includes=["asm/e820/types.h"],
        linux=True,
    )
    assert found == {name: E820Type[name].value for name in table}


def test_e820_signature_spells_smap() -> None:
    assert E820_SIGNATURE.to_bytes(4, "big") == b"SMAP"


def test_extended_entry_is_the_entry_and_its_attributes() -> None:
    entry = E820EntryExtended(
        base=0x100000, length=0x7F00000, type=E820Type.RAM, attributes=E820Attributes(enabled=True)
    )
    assert entry.build() == E820Entry.parse(entry.build()).build() + b"\1\0\0\0"


def test_disk_address_packet_has_the_layout_that_seabios_reads() -> None:
    """As SeaBIOS's src/std/disk.h describes it: u8, u8, u16, far pointer, u64, without padding."""
    structure = """struct __attribute__((packed)) packet {
        u8 bytes, unused; u16 sectors; struct { u16 offset, segment; } buffer; u64 first; };"""
    members = pairs(
        """packet_size=bytes zero_1=unused count=sectors buffer_offset=buffer.offset
        buffer_segment=buffer.segment lba=first"""
    )
    found = evaluate(layout("packet", members), declarations=structure)
    assert found.pop("packet:") == DiskAddressPacket.size == DiskAddressPacket().packet_size
    assert members.keys() == DiskAddressPacket.fields.keys()
    for name in members:
        assert found[f"packet:{name}@"] == DiskAddressPacket.offset(name)
