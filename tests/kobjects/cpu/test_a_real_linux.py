"""The tables of a running Debian Linux 6.1, read from its physical memory by the schemas.

Truth is what QEMU said of the same moment: `info registers` and `info tlb`. The memory image is too
large for the repository; the folder with it is $KOBJECTS_DATA, or `../shared/data` beside the
checkout. Tests skip without it, and without zstd.
"""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kobjects.cpu.control import Cr0, Cr4, Efer
from kobjects.cpu.exceptions import Vector
from kobjects.cpu.gates import GateDescriptor, GateType
from kobjects.cpu.segments import Ring, SegmentDescriptor, SystemDescriptor, SystemType
from kobjects.cpu.tss import TaskStateSegment
from tests.kobjects.dump import LEAF_SIZES, Dump, tlb_line


@pytest.fixture(scope="module")
def dump(root: Path) -> Dump:
    folder = Path(os.environ.get("KOBJECTS_DATA", root.parent / "shared" / "data"))
    image = folder / "linux-6.1-256M.raw.zst"
    zstd = shutil.which("zstd")
    if not image.is_file() or zstd is None:
        pytest.skip(f"no {image.name} in $KOBJECTS_DATA, or no zstd: apt-get install zstd")
    memory = subprocess.run([zstd, "-dcq", str(image)], capture_output=True, check=True).stdout
    registers = (folder / "linux-6.1-256M.regs.txt").read_text()
    tlb = lzma.decompress((folder / "linux-6.1-256M.tlb.txt.xz").read_bytes()).decode()
    return Dump(memory, registers, tlb.splitlines())


def test_page_tables_lead_where_qemu_says(dump: Dump) -> None:
    assert [tlb_line(linear, leaf) for linear, leaf in dump.leaves()] == dump.tlb
    assert len(dump.tlb) == 8424


def test_linux_breaks_no_rule_of_an_entry(dump: Dump) -> None:
    assert [leaf for _, leaf in dump.leaves() if leaf.check()] == []


def test_code_and_stack_descriptors_in_memory_are_those_the_processor_cached(dump: Dump) -> None:
    base, limit = dump.table("GDT")
    gdt = SegmentDescriptor[(limit + 1) // 8].parse(dump.read(base, limit + 1))
    for name in ("CS", "SS"):
        selector, _, _, attributes = dump.segment(name)
        descriptor = gdt[selector >> 3]
        assert descriptor >> 32 & 0xF0FF00 == attributes & 0xF0FF00
        assert descriptor.present
        assert descriptor.dpl is Ring.KERNEL
    assert gdt[dump.segment("CS")[0] >> 3].long
    assert gdt[0] == SegmentDescriptor(not_system=False)


def test_task_register_points_to_a_busy_tss(dump: Dump) -> None:
    base, _ = dump.table("GDT")
    selector, tss_base, tss_limit, _ = dump.segment("TR")
    tss = SystemDescriptor.parse(dump.read(base + selector, 16))
    assert (tss.base, tss.limit) == (tss_base, tss_limit)
    assert tss.type is SystemType.BUSY_TSS, "LTR set the busy bit in memory"
    assert tss.check() == []


def test_stacks_of_the_tss_are_mapped(dump: Dump) -> None:
    _, base, limit, _ = dump.segment("TR")
    tss = TaskStateSegment.parse(dump.read(base, 104))
    mapped = {start & ~0xFFF for start, leaf in dump.leaves() if leaf.writable}
    for stack in (tss.rsp0, *tss.ist[:4]):
        assert (stack - 8) & ~0xFFF in mapped
    assert [index for index, stack in enumerate(tss.ist) if stack] == [0, 1, 2, 3, 4]
    assert (tss.ist[4] - 8) & ~0xFFF not in mapped, "#VC's stack is only mapped under SEV"
    assert tss.iomap_base > limit, "no task had asked for ports"


def test_interrupt_descriptor_table(dump: Dump) -> None:
    base, limit = dump.table("IDT")
    gates = GateDescriptor[(limit + 1) // 16].parse(dump.read(base, limit + 1))
    assert len(gates) == 256
    assert [gate for gate in gates if gate.check()] == []
    assert all(gate.present and gate.type is GateType.INTERRUPT for gate in gates)
    assert {gate.selector for gate in gates} == {dump.segment("CS")[0]}
    stacks = {Vector(number): gates[number].ist for number in range(32) if gates[number].ist}
    assert stacks == {Vector.DF: 1, Vector.NMI: 2, Vector.DB: 3, Vector.VC: 5}
    user = {number for number, gate in enumerate(gates) if gate.dpl is Ring.USER}
    assert user == {Vector.BP, Vector.OF, 0x80}


def test_gates_lead_to_code(dump: Dump) -> None:
    base, limit = dump.table("IDT")
    gates = GateDescriptor[(limit + 1) // 16].parse(dump.read(base, limit + 1))
    code = {
        page
        for start, leaf in dump.leaves()
        if not leaf.no_execute
        for page in range(start, start + LEAF_SIZES[type(leaf)], 4096)
    }
    elsewhere = [n for n, gate in enumerate(gates) if gate.offset & ~0xFFF not in code]
    assert Vector.MC in elsewhere
    assert max(elsewhere) < 32
    # Exceptions that Linux had no use for: still the boot's handlers of 9 bytes each, freed since.
    assert len({gates[number].offset - 9 * number for number in elsewhere}) == 1


def test_control_registers_say_what_a_64_bit_linux_needs(dump: Dump) -> None:
    cr0, cr4 = Cr0.from_int(dump.register("CR0")), Cr4.from_int(dump.register("CR4"))
    efer = Efer.from_int(dump.register("EFER"))
    assert cr0.paging
    assert cr0.protection_enable
    assert cr0.write_protect
    assert cr4.physical_address_extension
    assert cr4.smep
    assert cr4.smap
    assert cr4.umip
    assert efer.long_mode_active
    assert efer.no_execute_enable
    assert efer.syscall_enable
    assert cr0.check() == cr4.check() == efer.check() == []
