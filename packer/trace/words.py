"""An event in words: what the program did, why it was refused, and where."""

from __future__ import annotations

from kobjects.cpu.exceptions import PageFaultError, SelectorError, Vector
from kobjects.cpu.segments import DescriptorTable
from packer.image import Image
from packer.live.where import Where, locate
from packer.trace.log import Event
from stages.vectors import Irq

IRQ_LINES = 16
"""Of the two 8259s."""


def where(event: Event, image: Image | None) -> Where | None:
    """The instruction that was interrupted."""
    if image is None or event.state is None:
        return None
    return locate(image, event.state.registers.get("rip", 0), event.state.cr3)


def meaning(event: Event) -> str:
    """What the vector and the error code say; empty where the name says all."""
    if event.kind == "interrupt":
        return _device(event.vector)
    if event.kind != "exception":
        return ""
    if event.vector == Vector.PF:
        address = f"{event.state.cr2:#x}" if event.state else "an address"
        return _page_fault(PageFaultError.from_int(event.error), address)
    if event.vector in (Vector.GP, Vector.SS, Vector.NP, Vector.TS):
        long = event.state is not None and event.state.long_mode
        return _selector(SelectorError.from_int(event.error), long)
    return ""


def _device(vector: int) -> str:
    if vector == Irq.TIMER:
        return "the local APIC's timer"
    if Irq.MASTER <= vector < Irq.MASTER + IRQ_LINES:
        return f"IRQ {vector - Irq.MASTER}"
    return "spurious" if vector == Irq.SPURIOUS else ""


def _page_fault(code: PageFaultError, address: str) -> str:
    what = "fetch" if code.instruction_fetch else "write" if code.write else "read"
    who = "ring 3" if code.user else "the kernel"
    if code.reserved_bit:
        return f"{what} of {address} by {who}: an entry has a reserved bit set"
    why = "refused" if code.present else "not mapped"
    return f"{what} of {address} by {who}: {why}"


def _selector(code: SelectorError, long: bool) -> str:
    if not int(code):
        return "no descriptor at fault"
    if code.idt:
        # In long mode QEMU counts in units of 8 bytes, where processors count gates.
        vector = code.index // 2 if long else code.index
        return f"while delivering vector {vector:#x}, whose gate is at fault"
    table = "GDT" if code.table is DescriptorTable.GDT else "LDT"
    return f"descriptor {code.index} of the {table} is at fault"
