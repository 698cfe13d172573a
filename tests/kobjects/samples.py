"""Schemas that the tests of the library share: small, and with every kind of field among them."""

from __future__ import annotations

import enum
from typing import Any

from construct import BitsInteger, BitStruct, Bytes, ByteSwapped, Int8ul, Int16ul, Int32ul, Struct

from kobjects.record import (
    Record,
    array,
    construct_field,
    nested,
    octets,
    reserved_bytes,
    u8,
    u16,
    u32,
    u64,
)
from kobjects.source import SDM3, UEFI
from kobjects.word import Word, bit, bits, reserved


class Ring(enum.IntEnum):
    """Two of the four that two bits can name."""

    KERNEL = 0
    USER = 3


class Media(enum.IntFlag):
    """Flags, of which one has no name."""

    REMOVABLE = 1
    OPTICAL = 4


class Descriptor(Word, bits=64, source=SDM3("Segment Descriptors")):
    """Split fields, an enumeration and flags."""

    limit: int = bits("51:48,15:0", "in bytes or 4 KiB units")
    base: int = bits("63:56,39:16", "linear address of its first byte")
    type: int = bits("43:40")
    code: bool = bit(44)
    dpl: Ring = bits("46:45", "least privileged ring that may load it")
    present: bool = bit(47)
    available: bool = bit(52)
    long: bool = bit(53)
    size: bool = bit(54, "a name that the class has too")
    granularity: bool = bit(55)


class Entry(Word, bits=64):
    """A scaled field, and reserved bits of all three rules."""

    present: bool = bit(0)
    one: int = reserved("1", must=1)
    ignored: int = reserved("11:2", must=None)
    address: int = bits("51:12", "physical address", unit=4096)
    zero: int = reserved("62:52", must=0)
    no_execute: bool = bit(63)


class Gate(Word, bits=128):
    """Wider than a machine word, with a field in three parts."""

    offset: int = bits("95:64,63:48,15:0")
    selector: int = bits("31:16")
    ist: int = bits("34:32")
    zero_35: int = reserved("39:35")
    kind: int = bits("43:40", default=14)
    zero_44: int = reserved("44")
    dpl: Ring = bits("46:45")
    present: bool = bit(47)
    ignored_96: int = reserved("127:96", must=None)


class Odd(Word, bits=24):
    """Not a size that a processor loads."""

    low: int = bits("4:0")
    middle: int = bits("19:5")
    media: Media = bits("22:20")
    top: bool = bit(23)


class Swapped(Word, bits=16):
    """Values that lie above their own bits: by the order of the parts, by the unit."""

    turned: int = bits("3:0,7:4", "the lower bits are the more significant ones")
    scaled: int = bits("15:8", unit=1 << 16)


class Network(Word, bits=16, byteorder="big"):
    """Most significant byte first."""

    version: int = bits("15:12")
    length: int = bits("11:0")


class Partition(Record, size=16, source=UEFI("Legacy Master Boot Record")):
    """Numbers, bytes and an enumeration."""

    status: int = u8("0x80: active")
    first: bytes = octets(3, "cylinder, head, sector")
    ring: Ring = u8(at=4)
    last: bytes = octets(3)
    first_lba: int = u32("first sector")
    count: int = u32("sectors")


class Sector(Record, size=512):
    """An array of Records, and a value that is demanded."""

    code: bytes = octets(440)
    signature: int = u32()
    reserved: bytes = reserved_bytes(2, must=0)
    partitions: tuple[Partition, ...] = array(Partition, 4, at=0x1BE)
    magic: int = u16("else the BIOS refuses the sector", must=0xAA55, at=0x1FE)


class Everything(Record, size=100, origin=16):
    """Every kind of field."""

    name: bytes = octets(8, must=b"KPACK")
    active: bool = u8()
    ring: Ring = u8(default=Ring.USER)
    odd: Odd = nested("three bytes")
    network: Network = u16("big-endian")
    big: int = u16(byteorder="big")
    words: tuple[int, ...] = array("u16", 3)
    entry: Entry = u64("one", at=24 - 1)
    gates: tuple[Gate, ...] = array(Gate, 2, "two of them")
    partition: Partition = nested("inside")
    point: dict[str, int] = construct_field(Struct("x" / Int16ul, "y" / Int32ul))
    digests: tuple[bytes, ...] = array(octets(4), 3)
    rest: bytes = reserved_bytes(3)


PLAIN_DESCRIPTOR = ByteSwapped(
    BitStruct(
        "base_high" / BitsInteger(8),
        "granularity" / BitsInteger(1),
        "size" / BitsInteger(1),
        "long" / BitsInteger(1),
        "available" / BitsInteger(1),
        "limit_high" / BitsInteger(4),
        "present" / BitsInteger(1),
        "dpl" / BitsInteger(2),
        "code" / BitsInteger(1),
        "type" / BitsInteger(4),
        "base_low" / BitsInteger(24),
        "limit_low" / BitsInteger(16),
    )
)
"""`Descriptor` in Construct's own words, in which a split field is two."""

PLAIN_PARTITION = Struct(
    "status" / Int8ul,
    "first" / Bytes(3),
    "ring" / Int8ul,
    "last" / Bytes(3),
    "first_lba" / Int32ul,
    "count" / Int32ul,
)
"""`Partition` in Construct's own words."""


def untyped(schema: Any) -> Any:
    """A schema of which a type checker knows nothing: it would refuse what the tests try."""
    return schema
