"""What `kpack verify` is told of this room's code."""

from __future__ import annotations

from kobjects.kernel.bootinfo import BootLimit, Features
from kobjects.kernel.frames import Block
from stages.claims import Claim, Loop, Number, Privileged, Stack

LEVELS = 4
"""Of page tables."""
WALKED = BootLimit.MEMORY_RANGES + 2
"""Every range, the part behind the blocks, and the blocks."""
HIGHEST_GIB = (1 << 38) // (1 << 30)
"""A slot's number has 32 bits, and a slot 64 bytes: memory beyond is not used."""
FEATURE_BITS = 8 * Features.sizeof()

CLAIMS: list[Claim] = [
    Loop("charge", 2, "drop_block leaves no block, so the second look is the last"),
    Loop("take_frame.never_used", 2, "open_run returns 1 only with a page in the run"),
    Loop("open_run.next", WALKED, "Frames.range only grows, by one a round", total=True),
    Loop("find_entry.level", LEVELS, "one level of page tables a round"),
    Loop("make_tables.next", LEVELS - 1, "one for each level below the topmost"),
    Loop("take_medium.piece", Block.LARGE // Block.MEDIUM, "pieces of a large block"),
    Loop("frames_init.next", BootLimit.MEMORY_RANGES, "long.asm takes no more ranges"),
    Loop("map_high_memory.next", BootLimit.MEMORY_RANGES, "long.asm takes no more ranges"),
    Loop("map_high_memory.gib", HIGHEST_GIB, "one GiB a round, up to HIGHEST"),
    Stack("light_map.in_space", 0, "the task's, for SYSRET"),
    Stack("light_unmap.out_of_space", 0, "the task's, for SYSRET"),
    Loop("memory_report.feature", FEATURE_BITS + 1, "each name of the table has a bit of its own"),
    Loop("memory_init.task", Number("thread_count"), "one prebuilt thread a round"),
    Privileged("unmap_slot", ["invlpg"]),
    Privileged("light_map.in_space", ["sysretq"]),
    Privileged("light_unmap", ["invlpg"]),
    Privileged("light_unmap.out_of_space", ["sysretq"]),
]
