"""The descriptors on the way from real mode to long mode."""

from __future__ import annotations

from enum import IntEnum

from kobjects.cpu.segments import SegmentDescriptor

WHOLE = SegmentDescriptor(
    limit=0xFFFFF, granularity=True, present=True, writable=True, accessed=True
)
"""4 GiB from address 0, for ring 0."""


class FlatSegment(IntEnum):
    """The boot code's own GDT, until the kernel loads its own."""

    CODE32 = WHOLE.replace(executable=True, default_size=True)
    DATA = WHOLE.replace(default_size=True)
    CODE64 = WHOLE.replace(executable=True, long=True)
