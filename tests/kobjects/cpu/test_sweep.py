"""Every value of every field of up to 16 bits, against C bit-fields that gcc lays out.

One C program writes, for each field, the word with every value of the field in turn, once over
zeros and once over ones. The schema must read each value back, one by one and as a numpy column,
and build each word. In wider fields each bit takes its turn alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.bitfield import BitField
from kobjects.cpu import (
    apic,
    apic_page,
    control,
    cpuid,
    debug,
    exceptions,
    gates,
    ioapic,
    legacy,
    msr,
    mtrr,
    paging,
    paging32,
    paging_pae,
    segments,
    tss,
    xsave,
    xsave_components,
)
from kobjects.devices import pic, pit, serial, vga
from kobjects.firmware import elf, mbr
from kobjects.word import Word
from tests.kobjects.oracle import run_c

HERE = Path(__file__).parent

WORDS: tuple[type[Word], ...] = (
    segments.SegmentSelector,
    segments.SegmentDescriptor,
    segments.SystemDescriptor,
    gates.GateDescriptor,
    gates.CallGate,
    legacy.SystemDescriptor32,
    legacy.GateDescriptor32,
    legacy.TaskGate,
    legacy.CallGate32,
    tss.TaskTrap,
    paging.PageMapLevel4Entry,
    paging.PageDirectoryPointerEntry,
    paging.PageDirectoryPointerEntry1G,
    paging.PageDirectoryEntry,
    paging.PageDirectoryEntry2M,
    paging.PageTableEntry,
    paging.LinearAddress,
    paging.PageMapLevel5Entry,
    paging.LinearAddress57,
    paging32.PageDirectoryEntry32,
    paging32.PageDirectoryEntry4M,
    paging32.PageTableEntry32,
    paging32.LinearAddress32,
    paging_pae.PageDirectoryPointerEntryPae,
    paging_pae.PageDirectoryEntryPae,
    paging_pae.PageDirectoryEntry2MPae,
    paging_pae.PageTableEntryPae,
    paging_pae.LinearAddressPae,
    control.Cr3,
    control.Cr3Pcid,
    control.Cr3Legacy,
    control.Cr3Pae,
    control.Cr8,
    exceptions.PageFaultError,
    exceptions.SelectorError,
    exceptions.ControlProtectionError,
    msr.Star,
    msr.ApicBase,
    msr.Pat,
    msr.LinearBase,
    msr.FeatureControl,
    mtrr.MtrrCapabilities,
    mtrr.MtrrDefaultType,
    mtrr.MtrrPhysicalBase,
    mtrr.MtrrPhysicalMask,
    mtrr.MtrrFixed,
    debug.Dr7,
    xsave.Mxcsr,
    xsave.X87Control,
    xsave.X87Status,
    xsave.XcompBv,
    xsave_components.BoundConfiguration,
    xsave_components.Pkru,
    apic.LvtEntry,
    apic.SpuriousVector,
    apic.ApicVersion,
    apic.InterruptCommand,
    apic_page.LocalApicId,
    apic_page.ProcessorPriority,
    apic_page.DestinationFormat,
    apic_page.LogicalDestination,
    apic_page.ApicError,
    apic_page.TimerDivideRegister,
    ioapic.IoApicId,
    ioapic.IoApicVersion,
    ioapic.IoApicArbitration,
    ioapic.RedirectionEntry,
    cpuid.AddressSizes,
    pic.Icw1,
    pic.Icw2,
    pic.Icw4,
    pic.Ocw2,
    pic.Ocw3,
    pit.PitCommand,
    serial.InterruptEnable,
    serial.FifoControl,
    serial.LineControl,
    serial.ModemControl,
    serial.LineStatus,
    vga.VgaCell,
    vga.MiscOutput,
    mbr.Chs,
    elf.SegmentFlags,
    elf.SymbolInfo,
    elf.SymbolOther,
)

C_WORDS = {"long": "long_", "assert": "assert_"}
"""Fields whose names C does not allow."""

PROGRAM = """
#include <stdio.h>
#include <string.h>
#include "@HERE@/bitfields.h"
/* How many bits a piece has: gcc knows, nobody told it. */
#define WIDTH(type, piece) ({ struct type all; memset(&all, 255, sizeof all); \\
    __builtin_popcountll(all.piece); })
#define PUT(type, piece) do { word.piece = rest; rest >>= WIDTH(type, piece); } while (0)
int main() { @BODY@ }
"""


def fields(word: type[Word]) -> list[BitField]:
    return [field for field in word.fields.values() if isinstance(field, BitField)]


def values(field: BitField) -> list[int]:
    """What is tried: everything, or in fields of more than 16 bits each bit alone."""
    if field.width <= 16:
        return [value * field.unit for value in range(1 << field.width)]
    return [field.unit << bit for bit in range(field.width)]


def pieces(field: BitField) -> list[str]:
    """The C members of a field, the least significant first."""
    name = C_WORDS.get(field.name, field.name)
    count = len(field.positions)
    return [name] if count == 1 else [f"{name}__{number}" for number in range(count)]


def sweep(word: type[Word], field: BitField) -> str:
    """C that writes all words with one field swept."""
    name = word.__name__
    puts = " ".join(f"PUT({name}, {piece});" for piece in pieces(field))
    width = " + ".join(f"WIDTH({name}, {piece})" for piece in pieces(field))
    return f"""{{
    int width = {width};
    for (int ones = 0; ones < 2; ones++)
        for (unsigned step = 0; step < (width > 16 ? width : 1u << width); step++) {{
            struct {name} word;
            unsigned long long rest = width > 16 ? 1ull << step : step;
            memset(&word, ones ? 255 : 0, sizeof word);
            {puts}
            fwrite(&word, sizeof word, 1, stdout);
        }}
    }}"""


@pytest.fixture(scope="module")
def oracle() -> dict[tuple[str, str], list[bytes]]:
    """For each field the words over zeros and over ones, all from one program."""
    body = "".join(sweep(word, field) for word in WORDS for field in fields(word))
    output = run_c(PROGRAM.replace("@HERE@", str(HERE)).replace("@BODY@", body))
    found, start = {}, 0
    for word in WORDS:
        for field in fields(word):
            size = word.size * len(values(field))
            halves = [output[at : at + size] for at in (start, start + size)]
            found[word.__name__, field.name] = halves
            start += 2 * size
    assert start == len(output), "C's fields are wider or narrower than ours"
    return found


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.__name__)
def test_every_field_equals_the_bit_field_of_c(
    word: type[Word], oracle: dict[tuple[str, str], list[bytes]]
) -> None:
    for field in fields(word):
        for background, data in zip((0, -1), oracle[word.__name__, field.name], strict=True):
            wanted = values(field)
            entries = word[len(wanted)].parse(data)
            assert [getattr(entry, field.name) for entry in entries] == wanted, field.name
            start = word.from_int(background & (1 << 8 * word.size) - 1)
            built = b"".join(start.replace(**{field.name: value}).build() for value in wanted)
            assert built == data, field.name


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.__name__)
def test_numpy_columns_agree(word: type[Word], oracle: dict[tuple[str, str], list[bytes]]) -> None:
    numpy = pytest.importorskip("numpy")
    for field in fields(word):
        for data in oracle[word.__name__, field.name]:
            column = numpy.asarray(word.columns(data)[field.name]).astype(numpy.uint64)
            assert column.tolist() == values(field), field.name
