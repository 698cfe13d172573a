"""What this machine's own processor saves, read by the schemas: FXSAVE, XSAVE and XSAVEC.

A C program loads registers with known values, saves them, and prints what CPUID says of the areas.
"""

from __future__ import annotations

import platform
import struct
from typing import NamedTuple

import pytest

from kobjects.cpu.xsave import FxsaveArea, FxsaveArea32, XsaveArea
from kobjects.cpu.xsave_components import (
    AVX_OFFSET,
    AvxState,
    BndcsrState,
    BndregsState,
    Component,
    Hi16ZmmState,
    OpmaskState,
    Pkru,
    PkruState,
    TileConfiguration,
    ZmmHi256State,
    component_offsets,
)
from kobjects.record import Record
from tests.kobjects.oracle import evaluate, linux_headers, run_c

PROGRAM = r"""
#include <cpuid.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
static unsigned char area[3][16384] __attribute__((aligned(64)));
static uint32_t leaf[64][4];
int main() {
    unsigned a, b, c, d, xsave, avx, xsavec = 0;
    unsigned char pattern[32];
    for (int i = 0; i < 32; i++) pattern[i] = 0xa0 + i;
    __cpuid(1, a, b, c, d);
    xsave = c >> 27 & 1; avx = xsave && c >> 28 & 1;
    for (int n = 0; xsave && n < 64; n++)
        __cpuid_count(13, n, leaf[n][0], leaf[n][1], leaf[n][2], leaf[n][3]);
    if (xsave) xsavec = leaf[1][0] >> 1 & 1;
    uint32_t lo = 0, hi = 0;
    if (xsave) __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    unsigned short control = 0x0f7f;   /* round towards zero; all exceptions masked */
    unsigned mxcsr = 0x9fc0;           /* flush to zero, denormals are zeros */
    __asm__ volatile("fninit; fldcw %0; fld1; fldpi; ldmxcsr %1" :: "m"(control), "m"(mxcsr));
    if (avx) __asm__ volatile("vmovdqu %0, %%ymm9" :: "m"(*(char (*)[32])pattern) : "xmm9");
    else __asm__ volatile("movdqu %0, %%xmm9" :: "m"(*(char (*)[16])pattern) : "xmm9");
    __asm__ volatile("fxsave64 %0" : "=m"(area[0]));
    __asm__ volatile("fxsave %0" : "=m"(area[0][1024]));
    if (xsave) __asm__ volatile("xsave64 %0" : "=m"(area[1]) : "a"(-1), "d"(-1));
    if (xsavec) __asm__ volatile("xsavec64 %0" : "=m"(area[2]) : "a"(-1), "d"(-1));
    uint32_t head[4] = {avx, xsavec, lo, hi};
    fwrite(head, sizeof head, 1, stdout);
    fwrite(leaf, sizeof leaf, 1, stdout);
    fwrite(area, sizeof area, 1, stdout);
}
"""

PATTERN = bytes(range(0xA0, 0xC0))
PI = bytes.fromhex("34c26821a2da0fc90040")  # SDM1, "Pi": rounded towards zero, its last byte is 34h
ONE = bytes.fromhex("0000000000000080ff3f")


class Saved(NamedTuple):
    avx: bool
    xsavec: bool
    xcr0: int
    components: dict[int, Component]
    legacy: bytes
    standard: bytes
    compacted: bytes


@pytest.fixture(scope="module")
def saved() -> Saved:
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("this processor is no x86")
    output = run_c(PROGRAM)
    avx, xsavec, low, high = struct.unpack_from("<4I", output)
    leaves = [*struct.iter_unpack("<4I", output[16 : 16 + 1024])]
    xcr0 = low | high << 32
    components = {
        number: Component(size, offset, bool(flags & 2))
        for number, (size, offset, flags, _) in enumerate(leaves)
        if number >= 2 and xcr0 >> number & 1
    }
    areas = output[16 + 1024 :]
    return Saved(
        bool(avx), bool(xsavec), xcr0, components, areas[:16384], areas[16384:32768],
        areas[32768:],
    )  # fmt: skip


def test_fxsave64(saved: Saved) -> None:
    area = FxsaveArea.parse(saved.legacy)
    assert area.fcw.rounding == 3
    assert area.fcw.mask_precision
    assert area.fcw.precision == 3
    assert area.fsw.top == 6, "two registers were pushed"
    assert area.ftw == 0b11000000
    assert [part[:10] for part in area.st[:2]] == [PI, ONE]
    assert area.mxcsr.flush_to_zero
    assert area.mxcsr.denormals_are_zeros
    assert area.xmm[9] == PATTERN[:16]


def test_fxsave(saved: Saved) -> None:
    area = FxsaveArea32.parse(saved.legacy[1024:])
    assert (area.fcw.rounding, area.fsw.top) == (3, 6)
    assert [part[:10] for part in area.st[:2]] == [PI, ONE]
    assert area.mxcsr.denormals_are_zeros


def test_avx_in_the_standard_format(saved: Saved) -> None:
    if not saved.avx:
        pytest.skip("this processor has no AVX")
    area = XsaveArea.parse(saved.standard)
    assert area.header.xstate_bv.avx
    assert not area.header.xcomp_bv.compacted
    assert area.legacy.xmm[9] == PATTERN[:16]
    offsets = component_offsets(area.header.xcomp_bv, saved.components)
    assert offsets[2] == AVX_OFFSET
    state = AvxState.parse(saved.standard[offsets[2] :])
    assert state.ymm_high[9] == PATTERN[16:]


def test_avx_in_the_compacted_format(saved: Saved) -> None:
    if not (saved.avx and saved.xsavec):
        pytest.skip("this processor has no AVX or no XSAVEC")
    area = XsaveArea.parse(saved.compacted)
    assert area.header.xcomp_bv.compacted
    assert area.header.xcomp_bv.components & 4
    offsets = component_offsets(area.header.xcomp_bv, saved.components)
    state = AvxState.parse(saved.compacted[offsets[2] :])
    assert state.ymm_high[9] == PATTERN[16:]


def test_components_follow_each_other_when_compacted() -> None:
    """SDM1, "Compacted Format of the Extended Region of an XSAVE Area": 2 and 9 without 5 to 7."""
    sizes = {2: Component(256, 576), 5: Component(64, 832), 9: Component(8, 2688)}
    assert component_offsets(1 << 63 | 0b1000000111, sizes) == {2: 576, 9: 832}
    aligned = sizes | {9: Component(8, 2688), 17: Component(64, 2752, aligned=True)}
    assert component_offsets(1 << 63 | 1 << 17 | 1 << 9, aligned) == {9: 576, 17: 640}
    assert component_offsets(0, sizes) == {2: 576, 5: 832, 9: 2688}
    with pytest.raises(KeyError):
        component_offsets(1 << 63 | 1 << 6, sizes)


COMPONENTS: dict[type[Record], str] = {
    AvxState: "ymmh_struct",
    BndregsState: "mpx_bndreg_state",
    BndcsrState: "mpx_bndcsr_state",
    OpmaskState: "avx_512_opmask_state",
    ZmmHi256State: "avx_512_zmm_uppers_state",
    Hi16ZmmState: "avx_512_hi16_state",
    PkruState: "pkru_state",
    TileConfiguration: "xtile_cfg",
}


def test_components_have_linux_sizes() -> None:
    linux_headers()
    sizes = {record.__name__: f"sizeof(struct {name})" for record, name in COMPONENTS.items()}
    found = evaluate(sizes, includes=["asm/fpu/types.h"], linux=True)
    assert found == {record.__name__: record.size for record in COMPONENTS}


def test_components_have_the_sizes_that_this_processor_says(saved: Saved) -> None:
    numbers = dict(zip((2, 3, 4, 5, 6, 7, 9, 17), COMPONENTS, strict=True))
    for number, component in saved.components.items():
        if number in numbers and number != 4:  # CPUID counts the header's padding of BNDCSR or not
            assert component.size == numbers[number].size, number


def test_protection_keys_have_two_bits_each() -> None:
    """Linux: PKRU_AD_BIT 1, PKRU_WD_BIT 2, PKRU_BITS_PER_PKEY 2 (arch/x86/include/asm/pkru.h)."""
    rights = Pkru.from_int(1 << 2 * 3 | 2 << 2 * 5)
    assert [key for key in range(16) if rights.access_disabled(key)] == [3]
    assert [key for key in range(16) if rights.write_disabled(key)] == [5]
