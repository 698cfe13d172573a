"""ACPI tables beside iasl: what it compiles is read, and what is forged it disassembles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kobjects.firmware.acpi import (
    RSDP,
    AcpiTable,
    Fadt,
    GenericAddress,
    Hpet,
    Madt,
    Mcfg,
    McfgAllocation,
    Rsdp,
    Rsdp1,
    Rsdt,
    Xsdt,
)
from kobjects.firmware.acpitable import AccessSize, AddressSpace
from kobjects.firmware.fadt import Fadt1, Fadt3, Fadt5, PowerProfile
from kobjects.firmware.madt import (
    InterruptFlags,
    InterruptOverrideEntry,
    IoApicEntry,
    LocalApicEntry,
    LocalApicFlags,
    LocalApicNmiEntry,
    MadtEntry,
    MadtType,
    Polarity,
    Trigger,
)
from kobjects.text import Ascii
from tests.kobjects.firmware.tools import run

TEMPLATES = ("RSDT", "XSDT", "FACP", "APIC", "MCFG", "HPET", "SRAT", "BGRT", "DMAR")


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """iasl's own example of each table, compiled."""
    folder = tmp_path_factory.mktemp("acpi")
    found = {}
    for name in TEMPLATES:
        run("iasl", "-T", name, cwd=folder)
        run("iasl", f"{name.lower()}.asl", cwd=folder)
        found[name] = (folder / f"{name.lower()}.aml").read_bytes()
    return found


def disassembled(folder: Path, table: AcpiTable) -> dict[str, list[str]]:
    """What iasl says of a table: label -> values in order."""
    file = folder / "table.dat"
    file.write_bytes(table.build())
    run("iasl", "-d", file)
    found: dict[str, list[str]] = {}
    for line in (folder / "table.dsl").read_text(encoding="latin-1").splitlines():
        if match := re.match(r"^(?:\[[^\]]+\])? +(.*?) : (.*)$", line):
            found.setdefault(match[1].strip(), []).append(match[2].strip())
    return found


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_compiled_table_breaks_no_checksum_and_is_built_again(
    templates: dict[str, bytes], name: str
) -> None:
    table = AcpiTable.parse(templates[name])
    assert table.build() == templates[name]
    assert table.stale() == {}
    assert table.signature == name.encode()
    assert table.length == len(templates[name])


def test_known_tables_are_read_as_their_own_classes(templates: dict[str, bytes]) -> None:
    kinds = {name: type(AcpiTable.parse(data)) for name, data in templates.items()}
    assert kinds["RSDT"] is Rsdt
    assert kinds["XSDT"] is Xsdt
    assert kinds["FACP"] is Fadt
    assert kinds["APIC"] is Madt
    assert kinds["MCFG"] is Mcfg
    assert kinds["HPET"] is Hpet
    assert kinds["SRAT"] is kinds["BGRT"] is AcpiTable


def test_iasls_interrupt_controllers_are_read(templates: dict[str, bytes]) -> None:
    """The template has one entry of each type; those that only ARM has keep their bytes."""
    table: Any = AcpiTable.parse(templates["APIC"])
    types = [entry.type for entry in table.entries]
    assert types[:11] == [MadtType(number) for number in range(11)]
    by_type = {entry.type: entry for entry in table.entries}
    assert isinstance(by_type[MadtType.LOCAL_APIC], LocalApicEntry)
    assert type(by_type[MadtType.GENERIC_INTERRUPT]) is MadtEntry
    assert by_type[MadtType.GENERIC_INTERRUPT].payload
    assert [f for f in table.check() if "reserved" not in f.path and "zero" not in f.path] == []


def test_iasl_reads_forged_interrupt_controllers(tmp_path: Path) -> None:
    table = Madt(
        oem_id=Ascii("KPACK"), oem_table_id=Ascii("FORGED"), revision=4,
        entries=(
            LocalApicEntry(processor_uid=3, apic_id=7, flags=LocalApicFlags(enabled=True)),
            IoApicEntry(apic_id=9, address=0xFEC00000, first_interrupt=24),
            InterruptOverrideEntry(
                source_irq=9, interrupt=20,
                flags=InterruptFlags(polarity=Polarity.LOW, trigger=Trigger.LEVEL),
            ),
            LocalApicNmiEntry(processor_uid=0xFF, lint=1),
        ),
    )  # fmt: skip
    said = disassembled(tmp_path, table)
    assert said["Signature"] == ['"APIC"    [Multiple APIC Description Table (MADT)]']
    assert said["Oem ID"] == ['"KPACK"']
    assert said["Local Apic Address"] == ["FEE00000"]
    assert said["Local Apic ID"] == ["07"]
    assert said["Processor Enabled"] == ["1"]
    assert said["Address"] == ["FEC00000"]
    assert said["Interrupt"] == ["00000018", "00000014"]
    assert said["Polarity"] == ["3", "0"]
    assert said["Trigger Mode"] == ["3", "0"]
    assert said["Interrupt Input LINT"] == ["01"]
    assert said["Checksum"] == [f"{table.checksum:02X}"]
    assert said["Table Length"] == [f"{table.length:08X}"]


def test_iasl_reads_a_forged_fadt(tmp_path: Path) -> None:
    table = Fadt(
        revision=6, profile=PowerProfile.TABLET, sci_interrupt=9, pm_timer=0x608,
        pm_timer_length=4, century=0x32,
        reset_register=GenericAddress(
            space=AddressSpace.SYSTEM_IO, bit_width=8, access_size=AccessSize.BYTE, address=0xCF9
        ),
        reset_value=6, x_dsdt=0x12345678, hypervisor=0x4B,
    )  # fmt: skip
    said = disassembled(tmp_path, table)
    assert said["PM Profile"] == ["08 [Tablet]"]
    assert said["SCI Interrupt"] == ["0009"]
    assert said["PM Timer Block Address"] == ["00000608"]
    assert said["RTC Century Index"] == ["32"]
    assert said["Value to cause reset"] == ["06"]
    assert said["Address"][0] == "0000000000000CF9"
    assert said["Hypervisor ID"] == ["000000000000004B"]
    assert said["DSDT Address"][1] == "0000000012345678"


def test_iasl_reads_forged_lists_and_timers(tmp_path: Path) -> None:
    said = disassembled(tmp_path, Xsdt(tables=(0x1000, 0x2000)))
    assert said["ACPI Table Address   0"] == ["0000000000001000"]
    assert said["ACPI Table Address   1"] == ["0000000000002000"]
    mcfg = Mcfg(allocations=(McfgAllocation(base=0xB0000000, segment=2, first_bus=1),))
    said = disassembled(tmp_path, mcfg)
    assert (said["Base Address"], said["Segment Group Number"]) == (["00000000B0000000"], ["0002"])
    assert (said["Start Bus Number"], said["End Bus Number"]) == (["01"], ["FF"])
    hpet = Hpet(address=GenericAddress(address=0xFED00000), number=1, minimum_tick=0x80)
    said = disassembled(tmp_path, hpet)
    assert (said["Sequence Number"], said["Minimum Clock Ticks"]) == (["01"], ["0080"])


@pytest.mark.parametrize(
    ("length", "kind"), [(116, Fadt1), (244, Fadt3), (268, Fadt5), (276, Fadt), (250, AcpiTable)]
)
def test_the_length_tells_the_revisions_of_the_fadt_apart(length: int, kind: Any) -> None:
    data = bytearray(length)
    data[:8] = b"FACP" + length.to_bytes(4, "little")
    table: Any = AcpiTable.parse(data)
    assert type(table) is kind
    assert table.build() == data


def test_the_root_pointers_have_both_sums_right() -> None:
    pointer = RSDP.replace(xsdt=0x1000, oem_id=Ascii("KPACK"))
    data = pointer.build()
    assert sum(data[:20]) % 256 == 0
    assert sum(data) % 256 == 0
    assert pointer.length == 36
    assert Rsdp1.parse(data).check() == []
    assert pointer.check() == []
    data = data[:24] + b"\1" + data[25:]
    assert [finding.path for finding in Rsdp.parse(data).check()] == ["extended_checksum"]


def test_a_table_of_a_wrong_sum_is_found() -> None:
    table = Xsdt(tables=(1, 2)).replace(checksum=5)
    assert table.checksum == 5
    right = table.stale()["checksum"]
    assert [str(finding) for finding in AcpiTable.parse(table.build()).check()] == [
        f"checksum: 0x5, but the checksum of the first length bytes is {right:#x}"
    ]
