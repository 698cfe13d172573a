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
from stages.memory.modules import plan_modules
from stages.memory.spaces import plan_spaces
from stages.model import Access, Assembly, Region, Stage, Symbols, System

HERE = Path(__file__).parent


def fill_frames(symbols: Symbols) -> Frames:
    """All zero: the first allocation opens the memory map's first range."""
    return Frames()


def plan(system: System) -> list[Region]:
    return [*plan_spaces(system), *plan_modules(system)]


STAGE = Stage(
    name="memory",
    plan=plan,
    code=[
        Assembly(HERE / "frames.asm"),
        Assembly(HERE / "map.asm"),
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
)
