"""Gates and segments: what ring 3 may enter, on which stack, with interrupts off.

Each is left out by what it holds off: a gate or segment that ring 3 may use, a trap gate, the
interrupted stack, a 32-bit code segment where none is.
"""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.cpu.gates import GateDescriptor, GateType
from kobjects.cpu.segments import Ring, SegmentDescriptor
from kobjects.word import Word
from packer.ablation.guard import Edit, Guard
from packer.ablation.regions import Held, held
from packer.image import Image

USER_CODE32 = SegmentDescriptor(
    limit=0xFFFFF, granularity=True, present=True, executable=True, writable=True,
    default_size=True, dpl=Ring.USER,
)  # fmt: skip


def guards(image: Image) -> Iterator[Guard]:
    """Of all gates and segments of the image, in the order of its regions."""
    for one in held(image):
        if isinstance(one.value, GateDescriptor):
            yield from _of_gate(one, one.value)
        elif isinstance(one.value, SegmentDescriptor):
            yield from _of_segment(one, one.value)


def _of_gate(one: Held, gate: GateDescriptor) -> Iterator[Guard]:
    if gate.present and gate.dpl is Ring.KERNEL:
        yield _changed(one, "dpl", gate.replace(dpl=Ring.USER), "any task may raise it")
    if gate.type is GateType.INTERRUPT:
        yield _changed(one, "type", gate.replace(type=GateType.TRAP), "interrupts stay on")
    if gate.ist:
        yield _changed(one, "ist", gate.replace(ist=0), "0: no stack of its own")


def _of_segment(one: Held, segment: SegmentDescriptor) -> Iterator[Guard]:
    if segment.present and segment.dpl is Ring.KERNEL:
        yield _changed(one, "dpl", segment.replace(dpl=Ring.USER), "ring 3 may load it")
    if not segment and one.offset:
        yield _changed(one, "absent", USER_CODE32, "32-bit code of ring 3")


def _changed(one: Held, field: str, value: Word, text: str) -> Guard:
    edit = Edit(one.region, one.offset, bytes(value.build()))
    return Guard(f"{one.name}.{field}", text, (edit,))
