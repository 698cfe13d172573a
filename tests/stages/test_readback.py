"""What the packer wrote is what the machine runs on.

The demonstration boots on both targets; at its end the machine is paused and its memory, registers
and TLB view are read through QEMU's monitor. Truth for descriptors and mappings is `info registers`
and `info tlb`; truth for "nothing else changed" is the image's own bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kobjects.cpu.control import Cr0, Cr4, Efer
from kobjects.cpu.gates import GateDescriptor
from kobjects.cpu.paging import LinearAddress, PageDirectoryEntry, PageTableEntry
from kobjects.cpu.segments import SystemType
from kobjects.kernel.addresses import Kernel, User
from kobjects.kernel.bootinfo import BootInfo, BootPath
from kobjects.kernel.cpu import Cpu
from kobjects.kernel.thread import Thread
from packer.build import artifacts, build
from packer.image import Image
from packer.machine.qemu import TARGETS, Launch
from packer.machine.qmp import Monitor
from packer.machine.run import Company, run
from packer.manifest import DEMONSTRATION, load
from stages.boot.stage import GlobalDescriptorTable
from stages.model import Access
from stages.selectors import Selector
from tests.kobjects.dump import Dump, tlb_line
from tests.stages.harness import passed

pytestmark = pytest.mark.boot

MEMORY = 8 << 20
"""Bytes that are read: the image and the frames after it."""

BOOT_INFO_AT = 0x80_0000
"""Where the supervisor maps the boot information, by a page table that is made at run time."""


@dataclass(frozen=True)
class Machine:
    """The paused machine beside the image it booted."""

    target: str
    image: Image
    dump: Dump
    rights: list[str]
    serial: list[str]
    screen: list[str]

    def region(self, name: str) -> bytes:
        """The bytes in memory where the image has a region or unit."""
        place = self.image.layout.placement(name)
        return self.dump.memory[place.physical : place.physical + place.size]


@pytest.fixture(scope="module", params=["pvh", "bios"])
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    target = str(request.param)
    image = build(load(DEMONSTRATION).system)
    artifact, _ = artifacts(image, [target])
    path = Path(tmp_path_factory.mktemp(target), artifact.name)
    path.write_bytes(artifact.data)
    read: list[Dump] = []
    rights: list[str] = []

    def at_end(monitor: Monitor) -> None:
        tlb = monitor.tlb().replace("\r", "").splitlines()
        read.append(Dump(monitor.memory(0, MEMORY), monitor.registers(), tlb))
        rights.extend(monitor.human("info mem").split("\n"))

    launch = Launch(stay=True)
    outcome = passed(run(path, TARGETS[target][0], launch, company=Company(at_end=at_end)))
    screen = [line.rstrip() for line in outcome.screen]
    return Machine(target, image, read[0], rights, outcome.serial.splitlines(), screen)


# What nobody may have changed


def test_code_and_constants_are_as_built(machine: Machine) -> None:
    for place in machine.image.layout.placements:
        if place.access is not Access.DATA:
            assert machine.region(place.name) == machine.image.contents(place.name), place.name


def test_only_what_has_a_state_was_written(machine: Machine) -> None:
    """Byte by byte, by its owner: the loaded image is otherwise as it was built."""
    image = machine.image
    start = image.layout.window.start
    memory = machine.dump.memory[start : start + len(image.load)]
    words = differing_words(image.load, memory)
    changed = {image.owners.at(at).part for at in words}
    assert "cpu" in changed
    kinds = {part.partition(".")[0] for part in changed}
    state = {"gdt", "cpu", "frames", "object_table", "thread", "space", "slots", "pd", "pt"}
    assert kinds <= state | {"kernel_pml4", "objects_pt", "deadlines_pt"}


def test_page_tables_are_as_built_but_for_what_map_wrote(machine: Machine) -> None:
    prefixes = ("pml4.", "pdpt.", "pd.", "pt.", "direct_", "window_", "kernel_pml4")
    changed = {
        (place.name, offset // 8)
        for place in machine.image.layout.placements
        if place.name.startswith(prefixes)
        for offset in differing_words(
            machine.image.contents(place.name), machine.region(place.name)
        )
    }
    assert changed == {
        ("kernel_pml4", 0),
        ("pd.supervisor", LinearAddress.from_int(BOOT_INFO_AT).pd),
        ("pt.counter", LinearAddress.from_int(User.DEVICES).pt),
    }


def differing_words(one: bytes, other: bytes) -> list[int]:
    return [at for at in range(0, len(one), 8) if one[at : at + 8] != other[at : at + 8]]


def test_the_identity_mapping_is_gone(machine: Machine) -> None:
    assert machine.image.contents("kernel_pml4")[:8] != bytes(8)
    assert machine.region("kernel_pml4")[:8] == bytes(8)


def test_map_wrote_a_table_for_ring_3_and_a_page_that_is_not_executable(machine: Machine) -> None:
    number = LinearAddress.from_int(BOOT_INFO_AT).pd
    table = PageDirectoryEntry[512].parse(machine.region("pd.supervisor"))[number]
    assert (table.present, table.user, table.large) == (True, True, False)
    page = PageTableEntry[512].parse(machine.dump.at(table.address))[0]
    assert page.address == machine.image.symbols.physical("boot_info")
    assert (page.present, page.user, page.writable, page.no_execute) == (True, True, False, True)


# What `info registers` says


def test_the_gdt_is_as_built_and_its_tss_busy(machine: Machine) -> None:
    built = GlobalDescriptorTable.parse(machine.image.contents("gdt"))
    found = GlobalDescriptorTable.parse(machine.region("gdt"))
    assert built.tss.type is SystemType.AVAILABLE_TSS
    assert found == built.replace(tss=built.tss.replace(type=SystemType.BUSY_TSS))
    assert machine.dump.table("GDT") == (
        machine.image.symbols["gdt"],
        GlobalDescriptorTable.size - 1,
    )


def test_the_idt_is_where_idtr_says(machine: Machine) -> None:
    base, limit = machine.dump.table("IDT")
    assert (base, limit + 1) == (machine.image.symbols["idt"], GateDescriptor.size * 256)


def test_the_task_register_names_the_tss(machine: Machine) -> None:
    selector, base, limit, _ = machine.dump.segment("TR")
    tss = GlobalDescriptorTable.parse(machine.image.contents("gdt")).tss
    assert (selector, base, limit) == (Selector.TSS, tss.base, tss.limit)
    assert base == machine.image.symbols["cpu"] + Cpu.offset("tss")


def test_the_tss_is_as_built_but_for_the_current_thread(machine: Machine) -> None:
    built = Cpu.parse(machine.image.contents("cpu")).tss
    found = Cpu.parse(machine.region("cpu")).tss
    assert found == built.replace(rsp0=found.rsp0, iomap_base=found.iomap_base)
    symbols = machine.image.symbols
    names = ["nobody", *(f"thread.{task.name}" for task in symbols.system.tasks)]
    made = Kernel.DIRECT <= found.rsp0 < Kernel.DIRECT + MEMORY  # by the supervisor, since
    assert made or found.rsp0 in {symbols[name] + Thread.origin for name in names}
    open_ports = Cpu.offset("io_bitmap") - Cpu.offset("tss")
    assert found.iomap_base in {Cpu.size, open_ports}


def test_the_control_registers_are_what_the_boot_line_says(machine: Machine) -> None:
    cr0 = Cr0.from_int(machine.dump.register("CR0"))
    cr4 = Cr4.from_int(machine.dump.register("CR4"))
    efer = Efer.from_int(machine.dump.register("EFER"))
    assert cr0.paging
    assert cr0.write_protect
    assert cr0.task_switched
    assert not cr0.cache_disable
    assert efer.no_execute_enable
    assert efer.syscall_enable
    features = BootInfo.parse(machine.region("boot_info")).features
    assert (features.pge, features.smep, features.smap, features.umip) == (True,) * 4, "-cpu max"
    assert (cr4.page_global_enable, cr4.smep, cr4.smap, cr4.umip) == (True,) * 4
    assert (cr4.os_fxsr, cr4.os_xmm_exceptions, cr4.os_xsave) == (True,) * 3
    assert features.avx
    assert not cr4.fsgsbase


# What `info tlb` says


def test_every_mapping_is_as_qemu_sees_it(machine: Machine) -> None:
    ours = [tlb_line(linear, leaf) for linear, leaf in machine.dump.leaves()]
    assert len(ours) > 2000
    assert ours == machine.dump.tlb


def test_what_all_levels_leave_of_a_mapping_is_as_qemu_sees_it(machine: Machine) -> None:
    """`info mem` has ranges of equal rights: u for ring 3, w for writable, by every level above."""
    ours: list[tuple[int, int, str]] = []
    for first, size, rights in effective(machine.dump):
        start = ours.pop()[0] if ours and ours[-1][1:] == (first, rights) else first
        ours.append((start, first + size, rights))
    lines = [f"{start:016x}-{end:016x} {end - start:016x} {rights}" for start, end, rights in ours]
    assert lines == [line for line in machine.rights if line]
    assert {line.split()[2] for line in lines} == {"ur-", "urw", "-r-", "-rw"}


def effective(dump: Dump) -> Iterator[tuple[int, int, str]]:
    """First address, size and rights of each page that is mapped, from the bits P, W, U, PS."""
    top = dump.register("CR3")

    def below(table: int, level: int, linear: int, allowed: int) -> Iterator[tuple[int, int, str]]:
        span = 1 << 12 + 9 * level
        for number, (entry,) in enumerate(struct.iter_unpack("<Q", dump.at(table))):
            address = linear + number * span
            left = allowed & entry & 6
            if not entry & 1:
                continue
            if level == 0 or (level < 3 and entry & 0x80):
                yield address, span, f"{'u' if left & 4 else '-'}r{'w' if left & 2 else '-'}"
            else:
                yield from below(entry & 0xFFFFFFFFFF000, level - 1, address, left)

    for first, size, rights in below(top, 3, 0, 6):
        yield first | (0xFFFF << 48 if first >> 47 else 0), size, rights


# What the boot left


def test_the_boot_information_names_its_path_and_the_stages_in_order(machine: Machine) -> None:
    info = BootInfo.parse(machine.region("boot_info"))
    assert info.path is (BootPath.PVH if machine.target == "pvh" else BootPath.BIOS)
    assert list(info.stamps) == sorted(info.stamps)
    assert info.tsc_hz > 1_000_000, "measured in the first slice"
    ram = [each for each in info.memory[: info.memory_count] if each.type == 1]
    assert any(each.base <= Kernel.PHYSICAL < each.base + each.length for each in ram)


def test_the_screen_shows_what_the_serial_line_said(machine: Machine) -> None:
    if machine.target == "pvh":
        assert machine.screen == [], "microvm has no VGA"
        return
    shown = [line for line in machine.screen if line]
    assert shown == [line.rstrip() for line in machine.serial[-len(shown) :]]
    assert len(shown) > 8
