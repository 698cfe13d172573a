"""Descriptors outside 64-bit mode: 8 bytes each, with the types that 64-bit mode has no more."""

from __future__ import annotations

from enum import IntEnum

from kobjects.cpu.segments import Ring
from kobjects.errors import Finding
from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved


class LegacySystemType(IntEnum):
    """The type of a system descriptor or gate outside 64-bit mode; 0, 8, 10 and 13 are reserved."""

    AVAILABLE_TSS_16 = 1
    LDT = 2
    BUSY_TSS_16 = 3
    CALL_GATE_16 = 4
    TASK_GATE = 5
    INTERRUPT_GATE_16 = 6
    TRAP_GATE_16 = 7
    AVAILABLE_TSS_32 = 9
    BUSY_TSS_32 = 11
    CALL_GATE_32 = 12
    INTERRUPT_GATE_32 = 14
    TRAP_GATE_32 = 15


class LegacyGateType(IntEnum):
    """What an interrupt or trap gate pushes, 16 or 32 bits wide, and whether it clears IF."""

    INTERRUPT_16 = 6
    TRAP_16 = 7
    INTERRUPT_32 = 14
    TRAP_32 = 15


class LegacyCallType(IntEnum):
    """What a call gate copies and pushes: 2-byte or 4-byte units."""

    CALL_16 = 4
    CALL_32 = 12


class Descriptor32(Word):
    """What the 8-byte system descriptors and gates have in common."""

    not_system: bool = bit(44, "S: clear for system descriptors and gates", must=False)
    dpl: Ring = bits("46:45", "least privileged ring that may use it")
    present: bool = bit(47, "clear: using it raises #NP")

    def check(self) -> list[Finding]:
        """Nothing of an all-zero descriptor: it is the null descriptor."""
        return super().check() if self else []


class SystemDescriptor32(Descriptor32, bits=64, source=SDM3("TSS Descriptor")):
    """A TSS or LDT in the GDT of a system that is not 64-bit."""

    limit: int = bits("51:48,15:0", "offset of the last byte, or of the last 4 KiB if granularity")
    base: int = bits("63:56,39:16", "linear address of the first byte")
    type: LegacySystemType = bits("43:40", "TSS or LDT; a task in execution has a busy TSS")
    available: bool = bit(52, "for software")
    zero_53: int = reserved("54:53", must=0)
    granularity: bool = bit(55, "limit counts 4 KiB units")


class GateDescriptor32(Descriptor32, bits=64, source=SDM3("IDT Descriptors")):
    """An interrupt or trap gate of an IDT outside 64-bit mode."""

    offset: int = bits("63:48,15:0", "of the handler in its segment; 16-bit gates use 15:0 only")
    selector: int = bits("31:16", "of the handler's code segment")
    reserved_32: int = reserved("36:32", must=None)
    zero_37: int = reserved("39:37", must=0)
    type: LegacyGateType = bits("43:40", "width and kind", default=LegacyGateType.INTERRUPT_32)


class TaskGate(Descriptor32, bits=64, source=SDM3("Task-Gate Descriptor")):
    """Leads to a TSS, from the GDT, an LDT or the IDT: using it switches tasks."""

    reserved_0: int = reserved("15:0", must=None)
    selector: int = bits("31:16", "of the task's TSS descriptor in the GDT")
    reserved_32: int = reserved("39:32", must=None)
    type: LegacySystemType = bits(
        "43:40", must=LegacySystemType.TASK_GATE, default=LegacySystemType.TASK_GATE
    )
    reserved_48: int = reserved("63:48", must=None)


class CallGate32(Descriptor32, bits=64, source=SDM3("Call Gates")):
    """Leads to a procedure, usually of an inner ring, by a far CALL or JMP."""

    offset: int = bits("63:48,15:0", "of the procedure; 16-bit gates use 15:0 only")
    selector: int = bits("31:16", "of the procedure's code segment")
    parameters: int = bits("36:32", "units that are copied to the inner ring's stack")
    zero_37: int = reserved("39:37", must=0)
    type: LegacyCallType = bits("43:40", "16-bit or 32-bit", default=LegacyCallType.CALL_32)
