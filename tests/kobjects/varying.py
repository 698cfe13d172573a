"""Schemas of variable size that the tests of the library share."""

from __future__ import annotations

import enum

from kobjects.derive import copy_of, crc32, sum_zero, total_size
from kobjects.record import Record, array, nested, octets, padding, tail, u8, u16, u32
from kobjects.text import Ascii


class Point(Record, size=4):
    """An element of a fixed size."""

    x: int = u16()
    y: int = u16()


class Route(Record, least=5):
    """Two counts, each of another thing."""

    count: int = u8("points")
    name_size: int = u8("bytes of the name")
    zero: int = u16(must=0)
    flag: bool = u8()
    points: tuple[Point, ...] = array(Point, "count")
    name: Ascii = octets("name_size")


class Kind(enum.IntEnum):
    """What an item is."""

    COLOUR = 1
    LINE = 2
    GROUP = 3


class Item(Record, least=2, by="kind", length="length"):
    """Type, length, and what they mean."""

    kind: Kind = u8("what it is")
    length: int = u8("bytes, these two among them")
    payload: bytes = tail()


class Colour(Item, tag=Kind.COLOUR, size=5):
    """Of a fixed size."""

    red: int = u8()
    green: int = u8()
    blue: int = u8()


class Line(Item, tag=Kind.LINE, least=4):
    """Of a variable size."""

    width: int = u16()
    points: tuple[Point, ...] = tail(of=Point)


class Group(Item, tag=Kind.GROUP, least=2):
    """Items in items."""

    items: tuple[Item, ...] = tail(of=Item)


class Drawing(Record, least=8, length="size"):
    """A table with a checksum over all of it."""

    magic: bytes = octets(2, must=b"DR")
    size: int = u16()
    size_again: int = u16(byteorder="big", derive=copy_of("size"))
    checksum: int = u16(derive=sum_zero())
    items: tuple[Item, ...] = tail(of=Item)


class Note(Record, least=8):
    """Two paddings, the second at the end."""

    owner_size: int = u16()
    text_size: int = u16()
    kind: int = u32()
    owner: bytes = octets("owner_size")
    owner_padding: bytes = padding(4)
    text: bytes = octets("text_size")
    text_padding: bytes = padding(4)


class Sealed(Record, size=12):
    """Derived fields in a Record of a fixed size; one sum lies in the other."""

    value: int = u32()
    first: int = u8(derive=sum_zero("covered"))
    covered: int = u8(default=5)
    units: int = u16(derive=total_size(4))
    crc: int = u32(derive=crc32())


class Envelope(Record, size=14):
    """A Record with derived fields inside another."""

    sealed: Sealed = nested()
    end: int = u16()
