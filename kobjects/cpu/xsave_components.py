"""The state components that follow an XSAVE area's header, each as it lies in the area.

CPUID leaf 0Dh, subleaf n, says of component n (its number is that of its bit in XCR0) how long it
is, where it begins in the standard format, and whether the compacted one aligns it to 64 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from construct import Bytes

from kobjects.cpu.xsave import XcompBv, XsaveArea
from kobjects.record import Record, array, nested, reserved_bytes, u8, u32, u64
from kobjects.source import SDM1
from kobjects.word import Word, bit, bits, reserved

AVX_OFFSET = 576
"""Bytes from an area's start to the AVX component, in either format: it is the first."""


class AvxState(Record, size=256, source=SDM1("AVX State")):
    """Component 2."""

    ymm_high: tuple[bytes, ...] = array(Bytes(16), 16, "bits 255:128 of YMM0-15")


class BoundRegister(Record, size=16, source=SDM1("MPX State")):
    """A bounds register of MPX."""

    lower: int = u64("lower bound")
    upper: int = u64("upper bound, in one's complement")


class BndregsState(Record, size=64, source=SDM1("MPX State")):
    """Component 3."""

    bnd: tuple[BoundRegister, ...] = array(BoundRegister, 4, "BND0-3")


class BoundConfiguration(Word, bits=64, source=SDM1("MPX State")):
    """BNDCFGU."""

    enable: bool = bit(0, "MPX is on in ring 3")
    preserve: bool = bit(1, "branches without the BND prefix keep the bounds")
    zero_2: int = reserved("11:2", must=0)
    directory: int = bits("63:12", "linear address of the bound directory", unit=4096)


class BndcsrState(Record, size=64, source=SDM1("MPX State")):
    """Component 4."""

    bndcfgu: BoundConfiguration = nested("configuration for ring 3")
    bndstatus: int = u64("address of the bound table entry at fault, and why in bits 1:0")
    reserved_16: bytes = reserved_bytes(48)


class OpmaskState(Record, size=64, source=SDM1("AVX-512 State")):
    """Component 5."""

    k: tuple[int, ...] = array("u64", 8, "k0-7")


class ZmmHi256State(Record, size=512, source=SDM1("AVX-512 State")):
    """Component 6."""

    zmm_high: tuple[bytes, ...] = array(Bytes(32), 16, "bits 511:256 of ZMM0-15")


class Hi16ZmmState(Record, size=1024, source=SDM1("AVX-512 State")):
    """Component 7."""

    zmm: tuple[bytes, ...] = array(Bytes(64), 16, "ZMM16-31")


class Pkru(Word, bits=32, source=SDM1("PKRU State")):
    """Rights of protection keys: bit 2n disables access, bit 2n + 1 writing, to pages of key n."""

    rights: int = bits("31:0", "two bits for each of the 16 keys")

    def access_disabled(self, key: int) -> bool:
        """Whether data of pages with this key (0-15) may not be accessed from ring 3."""
        return bool(self >> 2 * key & 1)

    def write_disabled(self, key: int) -> bool:
        """Whether pages with this key (0-15) may not be written from ring 3."""
        return bool(self >> 2 * key & 2)


class PkruState(Record, size=8, source=SDM1("PKRU State")):
    """Component 9."""

    pkru: Pkru = u32("rights of user pages' protection keys")
    reserved_4: bytes = reserved_bytes(4)


class TileConfiguration(Record, size=64, source=SDM1("AMX State")):
    """Component 17: what LDTILECFG loads."""

    palette: int = u8("0: initial state; 1: eight tiles of up to 16 rows of 64 bytes")
    start_row: int = u8("where an interrupted instruction goes on")
    reserved_2: bytes = reserved_bytes(14, must=0)
    column_bytes: tuple[int, ...] = array("u16", 8, "bytes of a row, of TMM0-7")
    reserved_32: bytes = reserved_bytes(16, must=0)
    rows: tuple[int, ...] = array("u8", 8, "of TMM0-7")
    reserved_56: bytes = reserved_bytes(8, must=0)


@dataclass(frozen=True)
class Component:
    """What CPUID leaf 0Dh says of one component: its size in bytes, its offset in the standard
    format, and whether the compacted format aligns it to 64 bytes (bit 1 of ECX).
    """

    size: int
    offset: int
    aligned: bool = False


def component_offsets(xcomp_bv: int, components: Mapping[int, Component]) -> dict[int, int]:
    """Where each component begins in an area whose header has this xcomp_bv, in bytes.

    `components` are those that the processor has, by number, from 2 on. In the compacted format
    only those that xcomp_bv names have a place. KeyError for one that it names and the processor
    lacks. Source: SDM1, "Compacted Format of the Extended Region of an XSAVE Area".
    """
    layout = XcompBv.from_int(xcomp_bv)
    if not layout.compacted:
        return {number: component.offset for number, component in sorted(components.items())}
    offsets, end = {}, XsaveArea.size
    for number in range(2, 63):
        if layout.components >> number & 1:
            component = components[number]
            offsets[number] = end = -(-end // 64) * 64 if component.aligned else end
            end += component.size
    return offsets
