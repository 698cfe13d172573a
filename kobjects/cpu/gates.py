"""Gates of 64-bit mode: those of the interrupt descriptor table, and call gates. 16 bytes each."""

from __future__ import annotations

from enum import IntEnum

from kobjects.cpu.segments import Ring, SystemType
from kobjects.errors import Finding
from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved


class GateType(IntEnum):
    """What a gate in the IDT does to RFLAGS.IF; a 64-bit IDT may hold no other types."""

    INTERRUPT = 14
    TRAP = 15


class GateDescriptor(Word, bits=128, source=SDM3("64-Bit Mode IDT")):
    """Where the processor goes for one vector, and on which stack.

    An interrupt gate clears RFLAGS.IF on entry, a trap gate leaves it.
    """

    offset: int = bits("95:64,63:48,15:0", "linear address of the handler; must be canonical")
    selector: int = bits("31:16", "of a 64-bit code segment")
    ist: int = bits("34:32", "1-7: switch to that stack of the TSS; 0: switch only with the ring")
    zero_35: int = reserved("39:35", must=0)
    type: GateType = bits("43:40", "interrupt or trap", default=GateType.INTERRUPT)
    zero_44: int = reserved("44", must=0)
    dpl: Ring = bits("46:45", "least privileged ring whose INT n, INT3 or INTO may use the gate")
    present: bool = bit(47, "clear: the vector raises #NP")
    reserved_96: int = reserved("127:96", must=None)

    def check(self) -> list[Finding]:
        """Nothing of an all-zero gate, the usual way to leave a vector out: it raises #GP."""
        return super().check() if self else []


class CallGate(Word, bits=128, source=SDM3("IA-32e Mode Call Gates")):
    """Leads to 64-bit code by a far CALL or JMP; in the GDT or an LDT it takes two places.

    It copies no parameters. Its upper half must not look like a descriptor: bits 108:104 are where
    that would have its type.
    """

    offset: int = bits("95:64,63:48,15:0", "linear address of the procedure; must be canonical")
    selector: int = bits("31:16", "of a 64-bit code segment")
    reserved_32: int = reserved("39:32", must=None)
    type: SystemType = bits("43:40", must=SystemType.CALL_GATE, default=SystemType.CALL_GATE)
    not_system: bool = bit(44, "S: clear for gates", must=False)
    dpl: Ring = bits("46:45", "least privileged ring that may call through it")
    present: bool = bit(47, "clear: using it raises #NP")
    reserved_96: int = reserved("103:96", must=None)
    zero_104: int = reserved("108:104", must=0)
    reserved_109: int = reserved("127:109", must=None)
