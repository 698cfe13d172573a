"""The demonstration on a paused machine: read from its core dump, and live over its monitor.

Truth is `info tlb`, `info mem` and `info registers` of that moment, and the image's own symbols.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.cpu.gates import GateDescriptor
from kobjects.cpu.tss import TaskStateSegment
from kobjects.errors import KobjectsError
from kobjects.memory.descriptors import Tables, read_tables
from kobjects.memory.dump import read_dump
from kobjects.memory.live import LiveMemory, QemuMonitor, QmpSocket
from kobjects.memory.mappings import Mappings
from kobjects.memory.search import find_spaces
from kobjects.memory.space import AddressSpace
from kobjects.memory.state import CpuState, from_info_registers
from packer.build import artifacts, build
from packer.image import Image
from packer.machine.qemu import PC, Launch, command
from packer.machine.qmp import Monitor
from packer.machine.session import Session
from packer.manifest import DEMONSTRATION, load
from tests.kobjects.memory import qemu
from tests.kobjects.memory.qemu import Observed, observe

pytestmark = pytest.mark.boot
pytest.importorskip("numpy")


class Live(NamedTuple):
    """What was read over the monitor while the machine was there."""

    state: CpuState
    ranges: list[tuple[int, int]]
    walk: Mappings
    tables: Tables
    reads: int


class Machine(NamedTuple):
    image: Image
    seen: Observed
    cpu: CpuState
    space: AddressSpace
    live: Live


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    folder = Path(tmp_path_factory.mktemp("demonstration"))
    image = build(load(DEMONSTRATION).system)
    artifact, _ = artifacts(image, ["bios"])
    path = folder / artifact.name
    path.write_bytes(artifact.data)
    live: list[Live] = []

    def extra(monitor: Monitor) -> None:
        live.append(read_live(lambda name, arguments: monitor.ask(name, **arguments)))

    seen = observe(path, folder, PC, memory=64, extra=extra)
    dump = read_dump(seen.core)
    assert dump.findings == ()
    (cpu,) = dump.cpus
    space = AddressSpace(dump.memory, cpu.cr3, cpu.mode)
    return Machine(image, seen, cpu, space, live[0])


def read_live(execute: object) -> Live:
    asked: list[str] = []

    def counted(name: str, arguments: dict[str, object]) -> object:
        asked.append(name)
        return execute(name, arguments)  # type: ignore[operator]

    monitor = QemuMonitor(counted)
    state = monitor.state()
    space = monitor.space()
    walk = space.walk()
    tables = read_tables(space, state)
    return Live(state, [*monitor.ranges()], walk, tables, asked.count("pmemsave"))


def test_the_core_is_walked_as_info_tlb(machine: Machine) -> None:
    walk = machine.space.walk()
    assert qemu.tlb(walk) == machine.seen.tlb
    assert qemu.mem(walk) == machine.seen.rights
    assert walk.findings == ()


def test_the_note_is_info_registers(machine: Machine) -> None:
    state = from_info_registers(machine.seen.registers)
    assert machine.cpu.registers == {name: state.registers[name] for name in machine.cpu.registers}
    assert len(machine.cpu.registers) == 18
    assert (machine.cpu.gdt, machine.cpu.idt) == (state.gdt, state.idt)
    assert machine.cpu.segments["tr"].base == state.segments["tr"].base


def test_the_tables_are_where_the_image_has_its_symbols(machine: Machine) -> None:
    tables = read_tables(machine.space, machine.cpu)
    symbols = machine.image.symbols
    assert [*tables.findings] == []
    assert tables.gdt.base == symbols["gdt"]
    handlers = {handler.vector: handler for handler in tables.handlers}
    assert len(handlers) == 256
    built = GateDescriptor[256].parse(machine.image.contents("idt"))
    assert [handlers[number].linear for number in range(256)] == [gate.offset for gate in built]
    assert all(h.target and h.target.executable and not h.target.user for h in handlers.values())
    assert tables.task is not None
    assert isinstance(tables.task.tss, TaskStateSegment)
    double_fault = handlers[Vector.DF]
    assert isinstance(double_fault.gate, GateDescriptor)
    assert double_fault.stack == tables.task.tss.ist[double_fault.gate.ist - 1]


def test_the_running_machine_says_what_its_dump_says(machine: Machine) -> None:
    assert qemu.tlb(machine.live.walk) == machine.seen.tlb
    assert machine.live.state == from_info_registers(machine.seen.registers)
    offline = read_tables(machine.space, machine.cpu)
    assert machine.live.tables.gdt.descriptors == offline.gdt.descriptors
    assert [h.gate for h in machine.live.tables.handlers] == [h.gate for h in offline.handlers]
    assert machine.live.reads < 100, "what was read is kept"
    assert (0x100000, 64 << 20) in machine.live.ranges


def test_tasks_and_kernel_are_found_without_registers(machine: Machine) -> None:
    """Each task's first table is in the kernel's direct mapping, which every task has."""
    found = {candidate.cr3 for candidate in find_spaces(machine.space.memory).candidates}
    symbols = machine.image.symbols
    tasks = [symbols.physical(f"pml4.{task.name}") for task in symbols.system.tasks]
    assert machine.cpu.cr3 in found
    assert set(tasks) <= found


def test_the_socket_speaks_qmp(tmp_path: Path) -> None:
    """Without any library: a machine of which nothing runs, asked over its own socket."""
    image = tmp_path / "disk"
    image.write_bytes(bytes(510) + b"\x55\xaa")
    path = tmp_path / "qmp"
    with Session(command(image, PC, Launch(monitor=path, memory=16))) as session:
        while not path.exists():
            session.pump(0.02)
        with QmpSocket(path) as talk:
            talk.execute("stop", {})
            monitor = QemuMonitor(talk.execute)
            assert monitor.state().cr0 & 0x10
            memory = monitor.memory()
            assert isinstance(memory, LiveMemory)
            assert memory.read(0xFFFFFFF0, 1) == b"\xea", "the BIOS begins with a far jump"
            with pytest.raises(KobjectsError, match="are not in the image"):
                memory.read(0xFEE00000, 4)
            with pytest.raises(KobjectsError, match="QEMU refuses nothing-like-it"):
                talk.execute("nothing-like-it", {})
