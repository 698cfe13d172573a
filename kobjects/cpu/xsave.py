"""Saved vector and floating-point state: what FXSAVE and XSAVE write."""

from __future__ import annotations

from construct import Bytes

from kobjects.cpu.control import Xcr0
from kobjects.record import Record, array, nested, octets, reserved_bytes, u8, u16, u32, u64
from kobjects.source import SDM1
from kobjects.word import Word, bit, bits, reserved

FCW_RESET = 0x37F
"""The x87 control word after FNINIT: all exceptions masked, 64-bit precision."""

MXCSR_RESET = 0x1F80
"""MXCSR after reset: all exceptions masked, rounding to nearest."""


class Mxcsr(Word, bits=32, source=SDM1("MXCSR Control and Status Register")):
    """Control and status of SSE and AVX arithmetic. Loading a one into bits 31:16 raises #GP."""

    invalid: bool = bit(0, "IE")
    denormal: bool = bit(1, "DE")
    divide_by_zero: bool = bit(2, "ZE")
    overflow: bool = bit(3, "OE")
    underflow: bool = bit(4, "UE")
    precision: bool = bit(5, "PE")
    denormals_are_zeros: bool = bit(6, "DAZ")
    mask_invalid: bool = bit(7, "IM")
    mask_denormal: bool = bit(8, "DM")
    mask_divide_by_zero: bool = bit(9, "ZM")
    mask_overflow: bool = bit(10, "OM")
    mask_underflow: bool = bit(11, "UM")
    mask_precision: bool = bit(12, "PM")
    rounding: int = bits("14:13", "0 nearest, 1 down, 2 up, 3 towards zero")
    flush_to_zero: bool = bit(15, "FTZ")
    zero_16: int = reserved("31:16", must=0)


class X87Control(Word, bits=16, source=SDM1("x87 FPU Control Word")):
    """How x87 instructions round and which of their exceptions raise #MF."""

    mask_invalid: bool = bit(0, "IM")
    mask_denormal: bool = bit(1, "DM")
    mask_divide_by_zero: bool = bit(2, "ZM")
    mask_overflow: bool = bit(3, "OM")
    mask_underflow: bool = bit(4, "UM")
    mask_precision: bool = bit(5, "PM")
    reserved_6: int = reserved("7:6", must=None)
    precision: int = bits("9:8", "PC: 0 single, 2 double, 3 double extended")
    rounding: int = bits("11:10", "RC: 0 nearest, 1 down, 2 up, 3 towards zero")
    infinity: bool = bit(12, "X: of no effect since the 80387")
    reserved_13: int = reserved("15:13", must=None)


class X87Status(Word, bits=16, source=SDM1("x87 FPU Status Register")):
    """What x87 instructions came to."""

    invalid: bool = bit(0, "IE")
    denormal: bool = bit(1, "DE")
    divide_by_zero: bool = bit(2, "ZE")
    overflow: bool = bit(3, "OE")
    underflow: bool = bit(4, "UE")
    precision: bool = bit(5, "PE")
    stack_fault: bool = bit(6, "SF: invalid because of stack overflow or underflow")
    error_summary: bool = bit(7, "ES: an exception that is not masked is pending")
    condition: int = bits("14,10:8", "C3, C2, C1, C0")
    top: int = bits("13:11", "number of the register that is ST0")
    busy: bool = bit(15, "B: as error_summary")


class FxsaveArea(Record, size=512, source=SDM1("FXSAVE Area")):
    """What FXSAVE64 writes, and the first part of an XSAVE area. Aligned to 16 bytes."""

    fcw: X87Control = u16("x87 control word")
    fsw: X87Status = u16("x87 status word")
    ftw: int = u8("abridged x87 tag word: bit n set, register n is not empty")
    reserved_5: bytes = reserved_bytes(1)
    fop: int = u16("opcode of the last x87 instruction")
    fip: int = u64("address of the last x87 instruction")
    fdp: int = u64("address of its operand")
    mxcsr: Mxcsr = u32("SSE control and status", at=24)
    mxcsr_mask: int = u32("the MXCSR bits that this processor has; 0 stands for 0xFFBF")
    st: tuple[bytes, ...] = array(Bytes(16), 8, "ST0-7, 80 bits each, in 16 bytes", at=32)
    xmm: tuple[bytes, ...] = array(Bytes(16), 16, "XMM0-15", at=160)
    reserved_416: bytes = reserved_bytes(48)
    available: bytes = octets(48, "for software: the processor does not write it", at=464)


class FxsaveArea32(Record, size=512, source=SDM1("FXSAVE Area")):
    """What FXSAVE writes without REX.W: pointers are a selector and 32 bits of offset."""

    fcw: X87Control = u16("x87 control word")
    fsw: X87Status = u16("x87 status word")
    ftw: int = u8("abridged x87 tag word: bit n set, register n is not empty")
    reserved_5: bytes = reserved_bytes(1)
    fop: int = u16("opcode of the last x87 instruction")
    fip: int = u32("offset of the last x87 instruction")
    fcs: int = u16("its code segment; 0 on processors that no longer keep it")
    reserved_14: bytes = reserved_bytes(2)
    fdp: int = u32("offset of its operand")
    fds: int = u16("its data segment; 0 on processors that no longer keep it")
    reserved_22: bytes = reserved_bytes(2)
    mxcsr: Mxcsr = u32("SSE control and status", at=24)
    mxcsr_mask: int = u32("the MXCSR bits that this processor has; 0 stands for 0xFFBF")
    st: tuple[bytes, ...] = array(Bytes(16), 8, "ST0-7, 80 bits each, in 16 bytes", at=32)
    xmm: tuple[bytes, ...] = array(Bytes(16), 8, "XMM0-7", at=160)
    reserved_288: bytes = reserved_bytes(176)
    available: bytes = octets(48, "for software: the processor does not write it", at=464)


class XcompBv(Word, bits=64, source=SDM1("XSAVE Header")):
    """The format of an XSAVE area."""

    components: int = bits("62:0", "compacted: those that have a place in the area; else 0")
    compacted: bool = bit(63, "the components follow each other without gaps for absent ones")


class XsaveHeader(Record, size=64, source=SDM1("XSAVE Header")):
    """Which components an XSAVE area holds. XRSTOR raises #GP unless the last 48 bytes are 0."""

    xstate_bv: Xcr0 = nested("components saved; XRSTOR initialises those that are clear")
    xcomp_bv: XcompBv = nested("where in the area the components are")
    zero_16: bytes = reserved_bytes(48, must=0)


class XsaveArea(Record, size=576, source=SDM1("XSAVE Area")):
    """The part of an XSAVE area that is always there, aligned to 64 bytes.

    CPUID leaf 0Dh says where the other components follow and how long the whole is.
    """

    legacy: FxsaveArea = nested("x87 and SSE state")
    header: XsaveHeader = nested("which components the area holds")
