"""Vector registers as tests compare them, and patterns to fill them with."""

from __future__ import annotations

from dataclasses import dataclass

from kobjects.cpu.control import Xcr0
from kobjects.cpu.xsave import (
    FCW_RESET,
    MXCSR_RESET,
    FxsaveArea,
    Mxcsr,
    X87Control,
    XsaveArea,
    XsaveHeader,
)
from kobjects.kernel.thread import ThreadLimit


@dataclass(frozen=True)
class State:
    """What is compared of the vector registers; `high` is bits 255:128 of YMM0 to YMM15."""

    fcw: int
    ftw: int
    mxcsr: int
    st: tuple[bytes, ...]
    xmm: tuple[bytes, ...]
    high: bytes

    def area(self) -> bytes:
        """For FXRSTOR and XRSTOR."""
        legacy = FxsaveArea(
            fcw=X87Control.from_int(self.fcw),
            ftw=self.ftw,
            mxcsr=Mxcsr.from_int(self.mxcsr),
            st=tuple(one + bytes(6) for one in self.st),
            xmm=self.xmm,
        )
        header = XsaveHeader(xstate_bv=Xcr0(x87=True, sse=True, avx=True))
        return XsaveArea(legacy=legacy, header=header).build() + self.high

    @staticmethod
    def saved(area: bytes) -> State:
        """The reverse."""
        found = FxsaveArea.parse(area[: FxsaveArea.size])
        st = tuple(bytes(one[:10]) for one in found.st)
        high = area[XsaveArea.size : ThreadLimit.XSAVE_BYTES]
        return State(found.fcw, found.ftw, int(found.mxcsr), st, tuple(found.xmm), high)


RESET = State(FCW_RESET, 0, MXCSR_RESET, (bytes(10),) * 8, (bytes(16),) * 16, bytes(256))


def pattern(seed: int) -> State:
    """Every register different, of every task; rounding by the seed too."""

    def some(kind: int, number: int, size: int) -> bytes:
        return bytes((seed << 5 ^ kind << 3 ^ number * 7 + place) & 0xFF for place in range(size))

    rounding = seed & 3
    return State(
        fcw=FCW_RESET | rounding << 10,
        ftw=0xFF,
        mxcsr=MXCSR_RESET | rounding << 13,
        st=tuple(some(1, number, 10) for number in range(8)),
        xmm=tuple(some(2, number, 16) for number in range(16)),
        high=b"".join(some(3, number, 16) for number in range(16)),
    )
