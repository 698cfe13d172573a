"""Every gate of the IDT leads to an instruction of the kernel, with the rights and the stack of its
vector.

Assumed: the IDT is the region `idt`, the GDT the region `gdt`; which instruction loads them is
checked elsewhere (`registers.py`). Gates that are all zero lead nowhere: their vector raises #GP.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kobjects.cpu.exceptions import Vector
from kobjects.cpu.gates import GateDescriptor, GateType
from kobjects.cpu.paging import PAGE_SIZE
from kobjects.cpu.segments import Ring, SegmentDescriptor
from packer.checks.result import Result
from packer.checks.tables import KERNEL_TABLES, AddressSpace
from packer.errors import Problem
from packer.subject import Subject

OWN_STACKS = frozenset((Vector.NMI, Vector.DB, Vector.DF, Vector.MC))
"""They may come while RSP is the task's, so they need stacks of their own. SDM 3, 7.14.5."""
FROM_TASKS = frozenset((Vector.BP, Vector.OF))
"""What a task's INT3 and INT 4 may raise; any other INT n of its is #GP."""
VECTORS = 256


def check(subject: Subject) -> Result:
    """Problems by vector."""
    gates, kernel = table(subject), _Kernel(subject)
    problems = [one for vector, gate in enumerate(gates) for one in _of(kernel, vector, gate)]
    return Result(
        "gates",
        "every gate leads to an instruction of the kernel, with its ring, type and stack",
        {"gates": sum(gate != 0 for gate in gates)},
        problems=problems,
    )


def table(subject: Subject) -> Sequence[GateDescriptor]:
    """The gates of the image; none if it has no IDT."""
    if subject.placement("idt") is None:
        return ()
    return GateDescriptor[VECTORS].parse(subject.contents("idt"))


def _of(kernel: _Kernel, vector: int, gate: GateDescriptor) -> Iterator[Problem]:
    if not gate:
        return
    place = f"idt[{vector}]"

    def wrong(code: str, field: str, is_: object, should: object, help_: str = "") -> Problem:
        return Problem(code, f"{place}.{field}", f"is {is_}; it has to be {should}", help_)

    if not gate.present:
        yield wrong("KP2340", "present", 0, "1", "the vector would raise #NP")
    if gate.type is not GateType.INTERRUPT:
        help_ = "the kernel would run with interrupts on"
        yield wrong(
            "KP2340", "type", f"{int(gate.type):#x}", f"{int(GateType.INTERRUPT):#x}", help_
        )
    dpl = Ring.USER if vector in FROM_TASKS else Ring.KERNEL
    if gate.dpl != dpl:
        help_ = "ring 3 could raise it by INT n" if gate.dpl else "INT3 and INT 4 are a task's"
        yield wrong("KP2341", "dpl", int(gate.dpl), int(dpl), help_)
    if (gate.ist != 0) != (vector in OWN_STACKS):
        should = "1 to 7" if vector in OWN_STACKS else "0"
        help_ = "NMI, #DB, #DF and #MC have stacks of their own, and nobody else"
        yield wrong("KP2342", "ist", gate.ist, should, help_)
    if fault := kernel.selector(gate.selector):
        yield Problem("KP2343", f"{place}.selector", f"is {gate.selector:#x}: {fault}")
    if fault := kernel.target(gate.offset):
        yield Problem("KP2344", f"{place}.offset", f"is {gate.offset:#x}: {fault}")


class _Kernel:
    """What gates refer to. Many refer to the same: each page and selector is looked at once."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._selectors: dict[int, str] = {}
        self._pages: dict[int, str] = {}

    def selector(self, selector: int) -> str:
        """What is wrong with it, or nothing."""
        if selector not in self._selectors:
            self._selectors[selector] = self._segment(selector)
        return self._selectors[selector]

    def target(self, offset: int) -> str:
        """What is wrong with the address, or nothing."""
        text = self.subject.text
        if text is None or not text.address <= offset < text.end:
            return "outside of the kernel's code"
        if offset - text.address not in text.starts:
            return "not the first byte of an instruction"
        page = offset // PAGE_SIZE
        if page not in self._pages:
            self._pages[page] = self._page(offset)
        return self._pages[page]

    def _segment(self, selector: int) -> str:
        subject = self.subject
        gdt = subject.contents("gdt") if subject.placement("gdt") else b""
        if selector & 7 or not 8 <= selector <= len(gdt) - 8:
            return f"no descriptor of ring 0 in the GDT, which has {len(gdt)} bytes"
        segment = SegmentDescriptor.parse(gdt[selector : selector + 8])
        wanted = segment.present and segment.not_system and segment.executable and segment.long
        if not wanted or segment.dpl is not Ring.KERNEL:
            return "not a present 64-bit code segment of ring 0"
        return ""

    def _page(self, offset: int) -> str:
        if self.subject.placement(KERNEL_TABLES) is None:
            return ""
        page = AddressSpace(self.subject, KERNEL_TABLES).translate(offset)
        if page is None or not page.executable or page.user:
            return "in no page that the kernel may execute, and only it"
        return ""
