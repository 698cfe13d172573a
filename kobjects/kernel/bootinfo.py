"""What every way of booting leaves for the kernel and the first task."""

from __future__ import annotations

from enum import IntEnum

from kobjects.firmware.e820 import E820EntryExtended
from kobjects.record import Record, array, nested, reserved_bytes, u32, u64
from kobjects.source import KERNEL
from kobjects.word import Word, bit, reserved


class BootPath(IntEnum):
    """Which firmware entered us."""

    BIOS = 1
    PVH = 2
    UEFI = 3
    MULTIBOOT = 4
    MULTIBOOT2 = 5
    ROM = 6
    """None: the kernel's own code is what the machine has at its reset vector."""


class BootStamp(IntEnum):
    """Points of the kernel's start, by their place in `BootInfo.stamps`."""

    ENTRY = 0
    BOOT = 1
    CONSOLE = 2
    INTERRUPTS = 3
    MEMORY = 4
    TASKS = 5
    IPC = 6
    """Every stage is initialised and the first task is about to run."""


class BootLimit(IntEnum):
    """How much the boot information holds."""

    MEMORY_RANGES = 128


class Features(Word, bits=32, source=KERNEL("Boot contract")):
    """What this machine has and the kernel uses."""

    nx: bool = bit(0, "pages can be made non-executable")
    pge: bool = bit(1, "kernel pages stay in the TLB over a CR3 load")
    smep: bool = bit(2, "the kernel can't execute user pages")
    smap: bool = bit(3, "the kernel can't touch user pages")
    umip: bool = bit(4, "tasks can't read descriptor table addresses")
    vga: bool = bit(5, "a text screen")
    com1: bool = bit(6, "a serial port at 0x3F8")
    icount: bool = bit(
        7, "the time-stamp counter counts instructions: figures in instructions are exact"
    )
    avx: bool = bit(8, "vector registers have 256 bits; else 128")
    framebuffer: bool = bit(9, "a screen of pixels, on which we draw text")
    unused: int = reserved("31:10", must=0)


class Framebuffer(Record, size=32, source=KERNEL("Boot contract")):
    """A screen of pixels of 4 bytes, of which the lower three are red, green and blue in one order
    or the other. The text on it has 80 columns and 25 rows of 8 by 16 pixels, each `scale` times
    as wide and high.
    """

    address: int = u64("physical, of the first pixel")
    pitch: int = u32("bytes from one line to the next")
    width: int = u32("in pixels; 0: there is no such screen")
    height: int = u32("lines of pixels")
    scale: int = u32("pixels for one of a glyph, in both directions; filled by the kernel")
    origin: int = u32(
        "of the text's first pixel, in bytes from the 2 MiB page that `address` lies in; filled by "
        "the kernel"
    )
    unused: int = u32()


class BootInfo(Record, size=4096, source=KERNEL("Boot contract")):
    """One page, readable by the first task."""

    path: BootPath = u32("which firmware entered us")
    memory_count: int = u32("entries of `memory` in use")
    features: Features = nested("what the kernel found and uses")
    unused: int = u32()
    tsc_hz: int = u64("time-stamp counter's rate; 0: not measured yet")
    memory: tuple[E820EntryExtended, ...] = array(
        E820EntryExtended,
        BootLimit.MEMORY_RANGES,
        "the firmware's memory map; PVH's entries have the same layout",
    )
    stamps: tuple[int, ...] = array(
        "u64", len(BootStamp), "time-stamp counter at the kernel's entry and after each stage"
    )
    framebuffer: Framebuffer = nested("the screen of pixels, if firmware leaves one")
    unused_tail: bytes = reserved_bytes(912)
