"""Forged tables of every paging mode: what we read of them is what QEMU reads of them.

Truth is the monitor's `info tlb`, `info mem`, `gva2gpa` and `info registers` of the paused machine.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kobjects.memory.dump import read_dump
from kobjects.memory.mappings import Mappings
from kobjects.memory.modes import LEVEL_4, LEVEL_5, NO_PSE, PAE, PSE, Mode
from kobjects.memory.physical import MemoryImage
from kobjects.memory.space import AddressSpace, TranslationError
from kobjects.memory.state import from_info_registers
from tests.kobjects.memory import qemu
from tests.kobjects.memory.forge import Forge
from tests.kobjects.memory.qemu import Observed, observe

pytestmark = pytest.mark.boot
pytest.importorskip("numpy")

MEMORY = 32
"""MiB of the machines."""


class Machine(NamedTuple):
    mode: Mode
    seen: Observed
    space: AddressSpace
    walk: Mappings


@pytest.fixture(scope="module", params=[LEVEL_4, LEVEL_5, PAE, PSE, NO_PSE], ids=lambda m: m.name)
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    mode: Mode = request.param
    folder = Path(tmp_path_factory.mktemp("forged"))
    forge = Forge(mode)
    image = folder / "guest.elf"
    image.write_bytes(forge.kernel())
    walk = AddressSpace(tables(forge), forge.cr3, mode).walk()
    questions = tuple(f"gva2gpa {linear:#x}" for linear in probes(walk))
    # QEMU 7.2's `info mem` does not come back under 5-level paging.
    seen = observe(image, folder, memory=MEMORY, questions=questions, rights=mode is not LEVEL_5)
    space = AddressSpace(MemoryImage.raw(seen.memory), forge.cr3, mode)
    return Machine(mode, seen, space, space.walk())


def tables(forge: Forge) -> MemoryImage:
    return MemoryImage.raw(b"".join(forge.tables), forge.cr3)


def probes(walk: Mappings) -> list[int]:
    """Addresses in the last byte of some pages, and right behind them."""
    some = [*walk][:: max(1, len(walk) // 60)]
    return [at & (1 << 64) - 1 for p in some for at in (p.linear + p.size - 1, p.linear + p.size)]


def test_the_registers_say_the_mode(machine: Machine) -> None:
    state = from_info_registers(machine.seen.registers)
    assert state.mode is machine.mode
    assert state.mode.root(state.cr3) == machine.space.root
    assert state.no_execute is (machine.mode.width == 8)


def test_every_page_is_as_info_tlb_has_it(machine: Machine) -> None:
    assert len(machine.walk) > 40
    assert qemu.tlb(machine.walk) == machine.seen.tlb


def test_sizes_of_pages_are_those_of_the_mode(machine: Machine) -> None:
    sizes = {level.size for level in machine.mode.levels if level.page}
    assert machine.walk.pages_by_size().keys() == sizes


def test_rights_of_all_levels_are_as_info_mem_has_them(machine: Machine) -> None:
    if machine.mode is LEVEL_5:
        found = [(page.linear, page.size, page.rights) for page in machine.walk]
        assert found == [*by_hand(machine.seen.memory, machine.space.root)]
    else:
        assert qemu.mem(machine.walk) == machine.seen.rights
    leaves = {entry >> 1 & 3 for entry in machine.walk.entry.tolist()}
    effective = {(page.user, page.writable) for page in machine.walk}
    assert leaves == {0, 1, 2, 3}
    assert len(effective) > 2


def by_hand(
    memory: bytes, table: int, level: int = 4, linear: int = 0, rights: int = 6, nx: bool = False
) -> Iterator[tuple[int, int, str]]:
    """5-level tables read entry by entry, by the bit numbers of the manual's figures."""
    for number, (entry,) in enumerate(struct.iter_unpack("<Q", memory[table : table + 4096])):
        if not entry & 1:
            continue
        shift = 12 + 9 * level
        address = linear | number << shift
        left, closed = rights & entry, nx or bool(entry >> 63)
        if level == 0 or (level < 3 and entry >> 7 & 1):
            high = (1 << 64) - (1 << 57) if address >> 56 else 0
            text = f"{'u' if left & 4 else '-'}r{'w' if left & 2 else '-'}{'-' if closed else 'x'}"
            yield address | high, 1 << shift, text
        else:
            below = entry & 0xFFFFFFFFFF000
            yield from by_hand(memory, below, level - 1, address, left, closed)


def test_translate_is_gva2gpa(machine: Machine) -> None:
    """Also what is not mapped. QEMU answers by the translation that its processor uses."""
    assert len(machine.seen.asked) > 40
    unmapped = 0
    for question, answer in machine.seen.asked.items():
        linear = int(question.split()[1], 16)
        if answer == "Unmapped" or not machine.mode.canonical(linear):
            with pytest.raises(TranslationError):
                machine.space.translate(linear)
            unmapped += 1
            continue
        translation = machine.space.translate(linear)
        assert answer == f"gpa: {translation.physical:#x}".replace("0x0", "0"), question
        page = machine.walk.find(linear)
        assert page is not None
        assert page.physical + linear - page.linear == translation.physical
        assert page.rights == translation.rights
        assert page.entry == translation.steps[-1].entry
    assert unmapped


def test_the_core_dump_says_the_same(machine: Machine) -> None:
    """dump-guest-memory. The header says whether the machine was in long mode."""
    dump = read_dump(machine.seen.core)
    assert dump.format == "ELF core"
    assert dump.findings == ()
    long = machine.mode in (LEVEL_4, LEVEL_5)
    assert int.from_bytes(machine.seen.core[18:20], "little") == (62 if long else 3)
    (cpu,) = dump.cpus
    assert cpu.mode is machine.mode
    assert cpu.mode.root(cpu.cr3) == machine.space.root
    again = AddressSpace(dump.memory, cpu.cr3, cpu.mode).walk()
    assert qemu.tlb(again) == machine.seen.tlb
    state = from_info_registers(machine.seen.registers)
    assert (cpu.cr0, cpu.cr2, cpu.cr3, cpu.cr4) == (state.cr0, state.cr2, state.cr3, state.cr4)
    assert (cpu.gdt, cpu.idt) == (state.gdt, state.idt)
    for name, segment in state.segments.items():
        other = cpu.segments[name]
        assert other.attributes & 0xF0FF00 == segment.attributes & 0xF0FF00, name
        assert (other.selector, other.base, other.limit) == (
            segment.selector, segment.base, segment.limit,
        ), name  # fmt: skip


def test_a_page_of_4_mib_may_lie_above_4_gib(tmp_path: Path) -> None:
    """PSE-36. `info tlb` shows 32 bits only; `gva2gpa` shows where the processor goes."""
    forge = Forge(PSE, "wide", wide=True)
    image = tmp_path / "guest.elf"
    image.write_bytes(forge.kernel())
    space = AddressSpace(tables(forge), forge.cr3, PSE)
    large = [page for page in space.walk() if page.size > 4096 and page.physical >> 32]
    assert large
    questions = tuple(f"gva2gpa {page.linear + 0x123:#x}" for page in large)
    seen = observe(image, tmp_path, questions=questions)
    for page, answer in zip(large, seen.asked.values(), strict=True):
        assert answer == f"gpa: {page.physical + 0x123:#x}"
        assert space.translate(page.linear + 0x123).physical == page.physical + 0x123
