"""The local APIC's registers as they lie in memory: the page at ApicBase.address."""

from __future__ import annotations

from kobjects.cpu.apic import ApicVersion, LvtEntry, SpuriousVector
from kobjects.record import Record, array, reserved_bytes, u32
from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved


class LocalApicId(Word, bits=32, source=SDM3("Local APIC ID")):
    """Who this processor is, in xAPIC mode."""

    reserved_0: int = reserved("23:0", must=None)
    id: int = bits("31:24", "APIC ID")


class ProcessorPriority(Word, bits=32, source=SDM3("Task and Processor Priorities")):
    """TPR, APR and PPR: interrupts of the same class or a lower one wait."""

    sub_class: int = bits("3:0", "of no effect on delivery")
    priority_class: int = bits("7:4", "vectors / 16; that of the TPR is CR8")
    reserved_8: int = reserved("31:8", must=0)


class DestinationFormat(Word, bits=32, source=SDM3("Logical Destination Mode")):
    """How logical destinations are read."""

    one_0: int = reserved("27:0", must=1)
    model: int = bits("31:28", "15: flat, a bit for each processor; 0: cluster", default=15)


class LogicalDestination(Word, bits=32, source=SDM3("Logical Destination Mode")):
    """Which logical destinations mean this processor."""

    reserved_0: int = reserved("23:0", must=0)
    id: int = bits("31:24", "compared with the destination of messages")


class ApicError(Word, bits=32, source=SDM3("Error Handling")):
    """The error status register: write before reading."""

    send_checksum: bool = bit(0, "P6 family and Pentium")
    receive_checksum: bool = bit(1, "P6 family and Pentium")
    send_accept: bool = bit(2, "no APIC on the bus accepted a message")
    receive_accept: bool = bit(3, "a message was accepted by nobody, this APIC included")
    redirectable_ipi: bool = bit(4, "a lowest-priority message, which this APIC can't send")
    send_illegal_vector: bool = bit(5, "a vector below 16 was to be sent")
    receive_illegal_vector: bool = bit(6, "a vector below 16 arrived, or is in the LVT")
    illegal_register: bool = bit(7, "an access to a register that isn't there")
    reserved_8: int = reserved("31:8", must=0)


class TimerDivideRegister(Word, bits=32, source=SDM3("APIC Timer")):
    """TIMER_DIVIDE; `TimerDivide` names its values."""

    divide: int = bits("3,1:0", "0: by 2, 1: by 4 … 6: by 128, 7: by 1")
    zero_2: int = reserved("2", must=0)
    reserved_4: int = reserved("31:4", must=0)


class ApicRegister(Record, size=16, source=SDM3("Local APIC Register Address Map")):
    """A register in its 16 bytes."""

    value: int = u32("32 bits")
    reserved_4: bytes = reserved_bytes(12)


class LocalApicPage(Record, size=4096, source=SDM3("Local APIC Register Address Map")):
    """All registers. Reading the page of a real processor other than by 32 bits is undefined."""

    reserved_0: bytes = reserved_bytes(0x20)
    id: LocalApicId = u32("APIC ID", at=0x20)
    reserved_24: bytes = reserved_bytes(12)
    version: ApicVersion = u32("what it is", at=0x30)
    reserved_34: bytes = reserved_bytes(0x4C)
    tpr: ProcessorPriority = u32("task priority", at=0x80)
    reserved_84: bytes = reserved_bytes(12)
    apr: ProcessorPriority = u32("arbitration priority", at=0x90)
    reserved_94: bytes = reserved_bytes(12)
    ppr: ProcessorPriority = u32("processor priority: of TPR and the interrupt in service", at=0xA0)
    reserved_a4: bytes = reserved_bytes(12)
    eoi: int = u32("writing 0 ends the interrupt in service", at=0xB0)
    reserved_b4: bytes = reserved_bytes(12)
    remote_read: int = u32("old APICs only", at=0xC0)
    reserved_c4: bytes = reserved_bytes(12)
    logical_destination: LogicalDestination = u32("of this processor", at=0xD0)
    reserved_d4: bytes = reserved_bytes(12)
    destination_format: DestinationFormat = u32("flat or cluster", at=0xE0)
    reserved_e4: bytes = reserved_bytes(12)
    spurious: SpuriousVector = u32("spurious vector, and the APIC's switch", at=0xF0)
    reserved_f4: bytes = reserved_bytes(12)
    in_service: tuple[ApicRegister, ...] = array(
        ApicRegister, 8, "vectors whose EOI is awaited, 32 in each", at=0x100
    )
    trigger_mode: tuple[ApicRegister, ...] = array(
        ApicRegister, 8, "set for level-triggered vectors", at=0x180
    )
    requested: tuple[ApicRegister, ...] = array(
        ApicRegister, 8, "vectors that wait for delivery", at=0x200
    )
    error_status: ApicError = u32("errors since the last write", at=0x280)
    reserved_284: bytes = reserved_bytes(0x6C)
    lvt_cmci: LvtEntry = u32("corrected machine checks", at=0x2F0)
    reserved_2f4: bytes = reserved_bytes(12)
    icr_low: int = u32("lower half of `InterruptCommand`", at=0x300)
    reserved_304: bytes = reserved_bytes(12)
    icr_high: int = u32("upper half of `InterruptCommand`", at=0x310)
    reserved_314: bytes = reserved_bytes(12)
    lvt_timer: LvtEntry = u32("timer", at=0x320)
    reserved_324: bytes = reserved_bytes(12)
    lvt_thermal: LvtEntry = u32("thermal sensor", at=0x330)
    reserved_334: bytes = reserved_bytes(12)
    lvt_performance: LvtEntry = u32("performance counters", at=0x340)
    reserved_344: bytes = reserved_bytes(12)
    lvt_lint0: LvtEntry = u32("pin LINT0", at=0x350)
    reserved_354: bytes = reserved_bytes(12)
    lvt_lint1: LvtEntry = u32("pin LINT1", at=0x360)
    reserved_364: bytes = reserved_bytes(12)
    lvt_error: LvtEntry = u32("the APIC's own errors", at=0x370)
    reserved_374: bytes = reserved_bytes(12)
    timer_initial: int = u32("count to start from; writing it starts the timer", at=0x380)
    reserved_384: bytes = reserved_bytes(12)
    timer_current: int = u32("count now", at=0x390)
    reserved_394: bytes = reserved_bytes(0x4C)
    timer_divide: TimerDivideRegister = u32("bus clocks to a tick", at=0x3E0)
    reserved_3e4: bytes = reserved_bytes(0xC1C)


def vectors(registers: tuple[ApicRegister, ...]) -> list[int]:
    """The vectors whose bits are set in `in_service`, `trigger_mode` or `requested`."""
    return [
        32 * number + position
        for number, register in enumerate(registers)
        for position in range(32)
        if register.value >> position & 1
    ]
