"""Where the kernel and a task lie in virtual memory."""

from __future__ import annotations

from enum import IntEnum


class Kernel(IntEnum):
    """The kernel's two windows on physical memory."""

    WINDOW = 0xFFFF_FFFF_8000_0000
    """The image: virtual = physical + WINDOW. Within the last 2 GiB, so that imm32 reaches it."""
    PHYSICAL = 0x20_0000
    """Where every way of booting puts the image's first byte."""
    LIMIT = 0x40_0000
    """The image ends below: one page table maps it."""
    DIRECT = 0xFFFF_8000_0000_0000
    """All memory below 4 GiB, never executable: virtual = physical + DIRECT."""
    OBJECTS = 0xFFFF_FFFF_C000_0000
    """The object table, at most 2 MiB. Within the last 2 GiB, so that a displacement reaches it."""
    DEADLINES = 0xFFFF_FFFF_C020_0000
    """The heap of deadlines: 8 bytes for each thread that there can be."""
    FRAMEBUFFER = 0xFFFF_FFFF_C040_0000
    """The screen of pixels, if there is one, from the 2 MiB page on that has its first pixel."""
    FRAMEBUFFER_PAGES = 32
    """Pages of 2 MiB that a screen may have, to be used as one."""
    LOW_MEMORY = 0x10_0000
    """Below, memory is the firmware's and ISA DMA's; no frame comes from there."""


class User(IntEnum):
    """A prebuilt task's half of its space. What the packer maps there is in one 2 MiB window."""

    MINIMUM = 0x1_0000
    """The first address a task may have mapped: a null pointer with an offset always faults."""
    TEXT = 0x40_0000
    DEVICES = 0x50_0000
    ROSTER = 0x58_0000
    """What the root is told of the other tasks, in the one that has the roster."""
    FONT = 0x5D_C000
    """In tasks that see the screen of pixels: the glyphs, …"""
    TEXT_SCREEN = 0x5D_D000
    """… what the screen shows as text, …"""
    BOOT_INFO = 0x5D_E000
    """… and how it is laid out."""
    BUFFER = 0x5E_0000
    STACK_TOP = 0x5F_F000
    WINDOW_END = 0x60_0000
    FRAMEBUFFER = 0x4000_0000
    """The screen of pixels, in tasks that see it; as at Kernel.FRAMEBUFFER."""
    MODULES = 0x1000_0000
    """The directory of boot modules, in tasks that see them; the modules lie behind it."""
    LIMIT = 0x7FFF_FFFF_F000
    """One page below the non-canonical hole: SYSCALL never ends at a non-canonical address."""


class Page(IntEnum):
    """Sizes of the units in which memory is mapped."""

    SIZE = 4096
    SHIFT = 12
    ENTRIES = 512
    LARGE = 0x20_0000
    LARGE_SHIFT = 21
