"""Page tables of the kernel, the frame allocator, map and unmap."""

from __future__ import annotations

from pathlib import Path

from kobjects.cpu.paging import (
    PAGE_DIRECTORY,
    PageDirectoryEntry,
    PageDirectoryPointerEntry,
    PageMapLevel4Entry,
    PageTableEntry,
)
from kobjects.kernel.frames import Frames
from stages.memory import tables
from stages.memory.claims import CLAIMS
from stages.memory.modules import plan_modules
from stages.memory.spaces import plan_spaces
from stages.model import Access, Assembly, Region, Stage, Symbols, System
from stages.tasks.objects import inventory

HERE = Path(__file__).parent


def fill_frames(symbols: Symbols) -> Frames:
    """Which Space gets the rest of the memory; all else is known when the memory map is."""
    roots = [task.name for task in symbols.system.tasks if task.root]
    return Frames(root=inventory(symbols.system)["space", roots[0]] if roots else 0)


def plan(system: System) -> list[Region]:
    return [*plan_spaces(system), *plan_modules(system)]


STAGE = Stage(
    name="memory",
    plan=plan,
    code=[
        Assembly(HERE / "ranges.asm"),
        Assembly(HERE / "frames.asm"),
        Assembly(HERE / "blocks.asm"),
        Assembly(HERE / "budget.asm"),
        Assembly(HERE / "walk.asm"),
        Assembly(HERE / "map.asm"),
        Assembly(HERE / "unmap.asm"),
        Assembly(HERE / "light.asm"),
        Assembly(HERE / "text.asm", Access.RODATA),
    ],
    regions=[
        Region("frames", Frames, fill_frames, align=64),
        Region("kernel_pml4", PageMapLevel4Entry[512], tables.fill_kernel_pml4, align=4096),
        Region("direct_pdpt", PageDirectoryPointerEntry[512], tables.fill_direct_pdpt, align=4096),
        Region("direct_pds", PAGE_DIRECTORY[2048], tables.fill_direct_pds, align=4096),
        Region("direct_pt", PageTableEntry[512], tables.fill_direct_pt, align=4096),
        Region("window_pdpt", PageDirectoryPointerEntry[512], tables.fill_window_pdpt, align=4096),
        Region("window_pd", PageDirectoryEntry[512], tables.fill_window_pd, align=4096),
        Region("kernel_pd", PageDirectoryEntry[512], tables.fill_kernel_pd, align=4096),
        Region("objects_pt", PageTableEntry[512], tables.fill_objects_pt, align=4096),
        Region("deadlines_pt", PageTableEntry[512], tables.fill_deadlines_pt, align=4096),
        Region("window_pt", PageTableEntry[512], tables.fill_window_pt, align=4096),
    ],
    claims=CLAIMS,
)
