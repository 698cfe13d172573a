"""What the kernel loads into control registers, MSRs and table registers fits together and with its
tables.

Assumed: the loader enters with protection, paging, write protection and NX on, which its own code
sets. Values that come from memory at run time (CR3 of a thread, FS and GS base) are not judged
here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kobjects.cpu.control import Cr0, Rflags
from kobjects.cpu.msr import Msr
from kobjects.cpu.segments import DescriptorTablePointer, Ring, SegmentDescriptor
from packer.checks.result import Result
from packer.errors import Problem
from packer.flow.kernel import Kernel
from packer.flow.values import ALL, Known, Value
from packer.subject import Subject
from stages.selectors import Selector

NEEDED = (Msr.STAR, Msr.LSTAR, Msr.CSTAR, Msr.FMASK, Msr.SYSENTER_CS)
"""Without any of these a task's SYSCALL or SYSENTER goes where firmware wanted it."""
CR0 = int(Cr0(protection_enable=True, paging=True, write_protect=True))
FLAGS = sum(
    field.mask
    for name, field in Rflags.fields.items()
    if not name.startswith(("one", "zero", "res"))
)
"""Every flag that there is."""
WIDTH = DescriptorTablePointer.size


def check(kernel: Kernel) -> Result:
    """By instruction."""
    problems: dict[str, Problem] = {}
    loaded: dict[str, list[tuple[int, tuple[Known, ...]]]] = {}
    for way in kernel.ways:
        for (address, what), values in way.seen.writes.items():
            known = loaded.setdefault(what, [])
            known += [(address, value) for value in values if (address, value) not in known]
    for what, writes in loaded.items():
        for address, value in writes:
            for code, text, help_ in _judged(kernel.subject, what, value):
                problem = Problem(code, kernel.program.place(address), text, help_)
                problems[str(problem)] = problem
    for msr in NEEDED:
        if f"msr {int(msr):#x}" not in loaded and kernel.ways:
            text = f"no way in writes the MSR {msr.name}"
            problems[msr.name] = Problem("KP2354", kernel.program.unit.name, text)
    rows = [
        {"register": _named(what), "at": kernel.program.where(address), "value": _shown(value)}
        for what, writes in sorted(loaded.items())
        for address, value in writes
    ]
    return Result(
        "registers",
        "control registers, MSRs and table registers get values that fit the kernel's tables",
        {"loads": len(rows)},
        rows,
        list(problems.values()),
    )


Fault = tuple[str, str, str]
"""Code, text, help."""


def _judged(subject: Subject, what: str, values: tuple[Known, ...]) -> Iterator[Fault]:
    first = values[0]
    if what == "msr unknown":
        yield (
            "KP2350",
            "writes an MSR whose number the code does not show",
            "put it into ecx just before",
        )
    elif what.startswith("msr "):
        number = int(what.removeprefix("msr "), 16)
        low, high = values
        whole = (high << 32 | low) & ALL if isinstance(low, int) and isinstance(high, int) else None
        yield from _msr(subject, number, whole)
    elif what == "cr0":
        kept = isinstance(first, Value) and first.name.startswith("cr0:")
        if not kept and (not isinstance(first, int) or first & CR0 != CR0):
            text = f"CR0 may become {_shown((first,))}: PE, WP and PG have to stay set ({CR0:#x})"
            yield "KP2352", text, "read it, and set or clear single bits"
    elif what in ("lgdt", "lidt"):
        yield from _pointer(subject, what, first)
    elif what == "ltr" and first != Selector.TSS:
        yield "KP2353", f"loads TR with {_shown((first,))}; the TSS is {Selector.TSS:#x}", ""
    elif what == "lldt" and first != 0:
        yield "KP2353", f"loads LDTR with {_shown((first,))}; 0 is no table", ""
    elif what == "ss":
        yield from _segment(subject, first, "SS", code=False, ring=Ring.KERNEL)


def _msr(subject: Subject, number: int, value: int | None) -> Iterator[Fault]:
    judges: Mapping[int, str] = {int(msr): msr.name for msr in NEEDED}
    if number not in judges:
        return
    name = judges[number]
    if value is None:
        yield "KP2350", f"writes {name} with a value that the code does not show", ""
    elif number in (Msr.LSTAR, Msr.CSTAR):
        text = subject.text
        offset = value - text.address if text else -1
        if text is None or offset not in text.starts:
            yield "KP2355", f"{name} becomes {value:#x}, which is no instruction of the kernel", ""
    elif number == Msr.FMASK and value & FLAGS != FLAGS:
        missing = [name for name, field in Rflags.fields.items() if field.mask & FLAGS & ~value]
        text_ = f"FMASK becomes {value:#x}, which leaves {', '.join(missing)} to the task"
        yield "KP2356", text_, "kernel code relies on DF, AC, TF and IF being clear"
    elif number == Msr.SYSENTER_CS and value:
        yield (
            "KP2357",
            f"SYSENTER_CS becomes {value:#x}: SYSENTER would enter the kernel",
            "write 0",
        )
    elif number == Msr.STAR:
        enter, leave = value >> 32 & 0xFFFF, value >> 48
        yield from _segment(subject, enter & ~3, "SYSCALL's CS", code=True, ring=Ring.KERNEL)
        yield from _segment(subject, (enter & ~3) + 8, "SYSCALL's SS", code=False, ring=Ring.KERNEL)
        yield from _segment(subject, leave + 8, "SYSRET's SS", code=False, ring=Ring.USER)
        yield from _segment(subject, leave + 16, "SYSRET's CS", code=True, ring=Ring.USER)


def _segment(
    subject: Subject, selector: Known, what: str, *, code: bool, ring: Ring
) -> Iterator[Fault]:
    """The GDT's descriptor is of that kind."""
    gdt = subject.contents("gdt") if subject.placement("gdt") else b""
    kind = "a 64-bit code segment" if code else "a writable data segment"
    wanted = f"{kind} of ring {int(ring)}"
    if not isinstance(selector, int):
        yield "KP2358", f"{what} is {_shown((selector,))}; {wanted} is needed", ""
        return
    offset = selector & ~7
    if not 8 <= offset <= len(gdt) - 8:
        yield "KP2358", f"{what} is {selector:#x}, outside the GDT of {len(gdt)} bytes", ""
        return
    segment = SegmentDescriptor.parse(gdt[offset : offset + 8])
    fits = (
        segment.long and segment.executable if code else segment.writable and not segment.executable
    )
    if not (segment.present and segment.not_system and fits) or segment.dpl is not ring:
        yield "KP2358", f"{what} is {selector:#x}, which is not {wanted}", ""
    elif selector & 3 != int(ring):
        text = f"{what} is {selector:#x}, whose RPL is {selector & 3}; {int(ring)} is needed"
        yield "KP2358", text, ""


def _pointer(subject: Subject, what: str, operand: Known) -> Iterator[Fault]:
    """What LGDT and LIDT read names the whole table."""
    name = what[1:]
    place = subject.placement(name)
    data = subject.read(operand, WIDTH) if isinstance(operand, int) else b""
    if place is None or len(data) != WIDTH:
        yield "KP2353", f"{what} reads {_shown((operand,))}, where the image has no pointer", ""
        return
    pointer = DescriptorTablePointer.parse(data)
    if (pointer.base, pointer.limit) != (place.virtual, place.size - 1):
        text = (
            f"{what} loads base {pointer.base:#x}, limit {pointer.limit:#x}; the region {name} is "
            f"{place.virtual:#x}, {place.size - 1:#x}"
        )
        yield "KP2353", text, ""


def _named(what: str) -> str:
    if not what.startswith("msr ") or what == "msr unknown":
        return what
    number = int(what.removeprefix("msr "), 16)
    return next((msr.name for msr in Msr if msr == number), what)


def _shown(values: tuple[Known, ...]) -> str:
    shown = [f"{value:#x}" if isinstance(value, int) else "from memory" for value in values]
    return ":".join(reversed(shown)) if len(shown) > 1 and shown[1] != "0x0" else shown[0]
