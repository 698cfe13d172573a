"""What is found in disks, files and tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kobjects.describe import rows, shown, tree
from kobjects.errors import UnknownNameError
from kobjects.firmware.fat import DirectoryEntry
from kobjects.firmware.gpt import GptHeader
from kobjects.formats.node import Node
from kobjects.identify import find, identify, render
from tests.kobjects.blobs import ESP, acpi_tables, gpt_disk, real_disk
from tests.kobjects.firmware.test_iso9660 import image as iso_image
from tests.kobjects.firmware.test_multiboot import ONE, TWO, kernel
from tests.kobjects.firmware.tools import existing, run

__all__ = ["iso_image"]

PROGRAM = "gpt.partitions[0].fat[EFI][BOOTX64.EFI].pe"


def kinds(node: Node) -> dict[str, str]:
    return {path: each.kind for path, each in node.walk()}


def test_a_disk_is_read_down_to_the_program_in_its_esp() -> None:
    disk = gpt_disk()
    found = identify(disk)
    known = kinds(found)
    assert known["gpt"] == "GUID partition table"
    assert known["gpt.partitions[0].fat"] == "FAT12 volume"
    assert known["gpt.partitions[0].fat[EFI]"] == "directory"
    assert known[PROGRAM] == "PE image"
    assert known[f"{PROGRAM}.sections[1]"] == "PeSectionHeader"
    assert known["mbr"] == "master boot record"
    assert found.all_findings() == []
    section, rest = find(found, f"{PROGRAM}.sections[0].virtual_size")
    assert (section.label, rest) == (".text", "virtual_size")
    assert disk[section.offset : section.offset + 5] == b".text"


def test_what_other_programs_made_is_read_too(tmp_path: Path) -> None:
    disk = real_disk(tmp_path)
    found = identify(disk.read_bytes(), limit=300)
    assert found.all_findings() == []
    volume, _ = find(found, "gpt.partitions[0].fat")
    assert (volume.kind, volume.label) == ("FAT32 volume", "ESP")
    for name in ("BOOTX64.EFI", "a second program.efi"):
        program, _ = find(found, f"gpt.partitions[0].fat[efi/boot/{name}].pe")
        assert program.label == "AMD64 EFI_APPLICATION"
        assert program.size == existing("/usr/lib/ipxe/ipxe.efi").stat().st_size


def test_a_disc_is_read_down_to_its_boot_images(tmp_path_factory: pytest.TempPathFactory) -> None:
    disc = iso_image.__wrapped__(tmp_path_factory)  # type: ignore[attr-defined]
    known = kinds(identify(disc.read_bytes()))
    assert known["iso"] == "ISO 9660 volume"
    assert "iso[BOOT][BIOS.IMG]" in known
    assert known["iso.boot.validation"] == "ValidationEntry"
    assert known["iso.boot.sections[0].entries[0]"] == "SectionEntry"
    assert identify(disc.read_bytes()).all_findings() == []


def test_a_hybrid_disc_is_looked_into_once() -> None:
    found = identify(existing("/usr/lib/ipxe/ipxe.iso").read_bytes())
    assert kinds(found)["iso[EFI.IMG].fat[efi][boot][bootx64.efi].pe"] == "PE image"
    assert [path for path in kinds(found) if path.endswith("iso")] == ["iso"]


def test_a_kernel_is_a_bzimage_and_a_pe_image_at_once() -> None:
    found = identify(existing("/boot/memtest86+x64.efi").read_bytes())
    assert [child.name for child in found.children] == ["linux", "pe"]
    assert found.children[0].label.startswith("Memtest86+")


def test_multiboot_headers_are_found_in_elf_files(tmp_path: Path) -> None:
    one = identify(kernel(tmp_path / "one", ONE.build()).read_bytes())
    two = identify(kernel(tmp_path / "two", TWO.build()).read_bytes())
    assert find(one, "elf.multiboot.checksum")[1] == "checksum"
    assert len(find(two, "elf.multiboot2")[0].value.tags) == 4
    assert find(identify(ONE.build() * 3), "kernel.multiboot")[0].offset == 0


def test_acpi_tables_are_read_one_after_the_other() -> None:
    found = identify(acpi_tables())
    assert [child.label for child in found.children[0].children] == ["XSDT", "APIC", "SSDT"]
    assert find(found, "acpi.tables[1]")[0].value.entries[1].address == 0xFEC00000
    assert found.all_findings() == []


def test_what_is_nothing_is_nothing() -> None:
    assert identify(b"").children == []
    assert identify(bytes(4096)).children == []
    assert identify(b"just a text\n" * 400).children == []


def test_the_names_of_sections_are_those_of_readelf() -> None:
    true = Path("/bin/true").read_bytes()
    elf = identify(true).children[0]
    labels = [child.label for child in elf.children if child.name.startswith("sections")]
    said = run("readelf", "-SW", "/bin/true")
    assert labels[1:] == re.findall(r"^  \[ *\d+\] (\.\S+)", said, re.M)
    assert {child.label for node in elf.children for child in node.children} == {"GNU"}


# Paths and texts


def test_paths_lead_nowhere_politely() -> None:
    found = identify(gpt_disk())
    with pytest.raises(UnknownNameError, match=r"there is no partitions\[7\] in GUID partition t"):
        find(found, "gpt.partitions[7]")
    with pytest.raises(UnknownNameError, match="there is no fat in blob; it has gpt, mbr"):
        find(found, "fat")


def test_the_tree_is_shown_with_offsets_and_findings() -> None:
    disk = gpt_disk()
    disk[512 + GptHeader.offset("zero_20")] = 1
    lines = render(identify(disk)).splitlines()
    assert any(line.split()[:2] == ["fat", f"{ESP * 512:#010x}"] for line in lines)
    assert any(line.strip().startswith("! zero_20:") for line in lines)


def test_fields_are_shown_one_by_one() -> None:
    found = identify(gpt_disk())
    node, _ = find(found, "gpt.partitions[0].fat[EFI][BOOTX64.EFI]")
    assert isinstance(node.value, DirectoryEntry)
    by_path = {row.path: row for row in rows(node)}
    assert by_path["name"].offset == node.offset
    assert shown(by_path["name"].value) == "BOOTX64 EFI"
    assert by_path["attributes.archive"].value is True
    assert by_path["file_size"].doc == "in bytes; 0 for a directory"
    assert by_path["file_size"].offset == node.offset + 28


def test_the_tree_is_plain_data_too() -> None:
    import json

    data = json.loads(json.dumps(tree(identify(gpt_disk()))))
    gpt = data["children"][0]
    assert gpt["name"] == "gpt"
    fields = {field["path"]: field for field in gpt["children"][0]["fields"]}
    assert fields["my_lba"] == {"path": "my_lba", "offset": 512 + 24, "size": 8, "value": 1}
    assert data["findings"] == []
