"""QEMU's fw_cfg device: what its selectors lead to. Numbers of the file directory and of the DMA
interface are big-endian.
"""

from __future__ import annotations

from enum import IntEnum

from kobjects.record import Record, array, octets, reserved_bytes, u16, u32, u64
from kobjects.source import Manual
from kobjects.text import Ascii
from kobjects.word import Word, bit, bits, reserved

FW_CFG = Manual("FW_CFG", "QEMU, docs/specs/fw_cfg.txt", "QEMU 7.2")

SELECTOR_PORT = 0x510
"""16 bits, little-endian: which item is read."""

DATA_PORT = 0x511
"""8 bits: the item's bytes, one after the other."""

DMA_PORT = 0x514
"""64 bits, big-endian, the upper half at the lower port: the physical address of an FwCfgDmaAccess.
A write of the lower half starts it.
"""

SIGNATURE = b"QEMU"
DMA_SIGNATURE = 0x51454D5520434647


class FwCfgKey(IntEnum):
    """Items at fixed selectors."""

    SIGNATURE = 0x00
    ID = 0x01
    UUID = 0x02
    RAM_SIZE = 0x03
    NOGRAPHIC = 0x04
    NB_CPUS = 0x05
    MACHINE_ID = 0x06
    KERNEL_ADDR = 0x07
    KERNEL_SIZE = 0x08
    KERNEL_CMDLINE = 0x09
    INITRD_ADDR = 0x0A
    INITRD_SIZE = 0x0B
    BOOT_DEVICE = 0x0C
    NUMA = 0x0D
    BOOT_MENU = 0x0E
    MAX_CPUS = 0x0F
    KERNEL_ENTRY = 0x10
    KERNEL_DATA = 0x11
    INITRD_DATA = 0x12
    CMDLINE_ADDR = 0x13
    CMDLINE_SIZE = 0x14
    CMDLINE_DATA = 0x15
    SETUP_ADDR = 0x16
    SETUP_SIZE = 0x17
    SETUP_DATA = 0x18
    FILE_DIR = 0x19
    FILE_FIRST = 0x20


class FwCfgSelector(Word, bits=16, source=FW_CFG("Selector (Control) Register")):
    """What is written to select an item."""

    item: int = bits("13:0", "an FwCfgKey, or the `select` of a file")
    write: bool = bit(14, "(ignored since QEMU 2.4)")
    arch_local: bool = bit(15, "an item of this architecture")


class FwCfgId(Word, bits=32, source=FW_CFG("Revision / feature bitmap")):
    """What the item ID holds, little-endian."""

    traditional: bool = bit(0, "the ports are there")
    dma: bool = bit(1, "the DMA interface is there")
    zero_2: int = reserved("31:2", must=0)


class FwCfgFile(Record, size=64, byteorder="big", source=FW_CFG("File Directory")):
    """A file."""

    file_size: int = u32("in bytes")
    select: int = u16("its selector")
    reserved_6: bytes = reserved_bytes(2)
    name: Ascii = octets(56, "such as etc/e820")


class FwCfgDirectory(Record, least=4, byteorder="big", source=FW_CFG("File Directory")):
    """What the item FILE_DIR holds."""

    count: int = u32("number of files")
    files: tuple[FwCfgFile, ...] = array(FwCfgFile, "count")


class FwCfgDmaControl(Word, bits=32, byteorder="big", source=FW_CFG("Guest-side DMA Interface")):
    """What to do, and at the end what came of it: 0 is success."""

    error: bool = bit(0, "set by the device")
    read: bool = bit(1, "to memory")
    skip: bool = bit(2, "bytes of the item")
    select: bool = bit(3, "the item in the upper half, first")
    write: bool = bit(4, "from memory")
    zero_5: int = reserved("15:5", must=0)
    item: int = bits("31:16", "for select")


class FwCfgDmaAccess(Record, size=16, byteorder="big", source=FW_CFG("Guest-side DMA Interface")):
    """A transfer."""

    control: FwCfgDmaControl = u32("what to do")
    length: int = u32("in bytes")
    address: int = u64("physical address in memory")
