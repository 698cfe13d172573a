"""What a change of a field means for who runs on the machine, in a few words."""

from __future__ import annotations

from packer.atlas.types import Bits

PAGES = "Entry"
"""How the names of the page tables' Words end or begin to end: PageTableEntry, …Entry2M."""

ON: dict[tuple[str, str], tuple[str, str]] = {
    (PAGES, "user"): (
        "ring 3 may now use what it maps",
        "only the kernel may now use what it maps",
    ),
    (PAGES, "writable"): ("it may now be written", "it is now read-only"),
    (PAGES, "no_execute"): ("it may no longer be executed", "it may now be executed"),
    (PAGES, "present"): ("it now maps something", "it now maps nothing"),
    ("SegmentDescriptor", "executable"): ("it is now a code segment", "it is now a data segment"),
    ("SegmentDescriptor", "long"): ("its code is now 64-bit code", "its code is no longer 64-bit"),
    ("SegmentDescriptor", "present"): ("it may now be loaded", "loading it now raises #NP"),
    ("GateDescriptor", "present"): ("the vector now has a handler", "the vector now raises #NP"),
}
"""By the Word's class and its field: what setting the bit means, and what clearing it."""


def consequence(title: str, before: Bits, after: Bits) -> str:
    """What the new value means; else what the schema says of the field."""
    kind = PAGES if title.startswith("Page") and PAGES in title else title
    if (kind, after.name) in ON:
        on, off = ON[kind, after.name]
        return on if after.value else off
    if after.name == "dpl" and kind in ("SegmentDescriptor", "GateDescriptor"):
        ring = max(before.value, after.value)
        what = "load it" if kind == "SegmentDescriptor" else "use it with INT n"
        may = "may now" if after.value > before.value else "may no longer"
        return f"ring {ring} {may} {what}"
    if after.name == "ist" and kind == "GateDescriptor":
        if after.value:
            return f"it now always switches to stack {after.value} of the TSS"
        return "it now switches stacks only with the ring"
    return after.doc
