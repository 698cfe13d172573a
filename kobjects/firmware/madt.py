"""ACPI's table of interrupt controllers, signature `APIC`."""

from __future__ import annotations

from enum import IntEnum

from kobjects.firmware.acpitable import AcpiTable
from kobjects.record import Record, reserved_bytes, tail, u8, u16, u32, u64
from kobjects.source import ACPI
from kobjects.word import Word, bit, bits, reserved


class MadtType(IntEnum):
    """What an entry describes."""

    LOCAL_APIC = 0
    IO_APIC = 1
    INTERRUPT_OVERRIDE = 2
    NMI_SOURCE = 3
    LOCAL_APIC_NMI = 4
    LOCAL_APIC_OVERRIDE = 5
    IO_SAPIC = 6
    LOCAL_SAPIC = 7
    INTERRUPT_SOURCE = 8
    LOCAL_X2APIC = 9
    LOCAL_X2APIC_NMI = 10
    GENERIC_INTERRUPT = 11
    GENERIC_DISTRIBUTOR = 12
    GENERIC_MSI_FRAME = 13
    GENERIC_REDISTRIBUTOR = 14
    GENERIC_TRANSLATOR = 15
    MULTIPROC_WAKEUP = 16


class Polarity(IntEnum):
    """When an interrupt's line is active."""

    CONFORMS = 0
    HIGH = 1
    LOW = 3


class Trigger(IntEnum):
    """What of an interrupt's line counts."""

    CONFORMS = 0
    EDGE = 1
    LEVEL = 3


class InterruptFlags(Word, bits=16, source=ACPI("MPS INTI Flags")):
    """How an interrupt's line works."""

    polarity: Polarity = bits("1:0", "CONFORMS: as its bus has it")
    trigger: Trigger = bits("3:2", "CONFORMS: as its bus has it")
    zero_4: int = reserved("15:4", must=0)


class LocalApicFlags(Word, bits=32, source=ACPI("Local APIC Flags")):
    """Whether a processor can be used."""

    enabled: bool = bit(0, "can be used")
    online_capable: bool = bit(1, "not yet, but can be added while the system runs")
    zero_2: int = reserved("31:2", must=0)


class MadtEntry(
    Record,
    least=2,
    length="length",
    by="type",
    source=ACPI("Interrupt Controller Structure Types"),
):
    """An entry of a type that has no class here, or of a length that its class can't have."""

    type: MadtType = u8("what it describes")
    length: int = u8("bytes of the entry")
    payload: bytes = tail()


class LocalApicEntry(
    MadtEntry, tag=MadtType.LOCAL_APIC, size=8, source=ACPI("Processor Local APIC Structure")
):
    """A processor."""

    processor_uid: int = u8("as in the processor's object in AML")
    apic_id: int = u8()
    flags: LocalApicFlags = u32("whether it can be used")


class IoApicEntry(MadtEntry, tag=MadtType.IO_APIC, size=12, source=ACPI("I/O APIC Structure")):
    """An I/O APIC."""

    apic_id: int = u8()
    zero_3: bytes = reserved_bytes(1, must=0)
    address: int = u32("physical address of its registers")
    first_interrupt: int = u32("global system interrupt of its first input")


class InterruptOverrideEntry(
    MadtEntry,
    tag=MadtType.INTERRUPT_OVERRIDE,
    size=10,
    source=ACPI("Interrupt Source Override Structure"),
):
    """An ISA interrupt that is not where its number says."""

    bus: int = u8("0: ISA")
    source_irq: int = u8("on its bus")
    interrupt: int = u32("global system interrupt")
    flags: InterruptFlags = u16("how its line works")


class NmiSourceEntry(
    MadtEntry,
    tag=MadtType.NMI_SOURCE,
    size=8,
    source=ACPI("Non-Maskable Interrupt Source Structure"),
):
    """An input of an I/O APIC that is an NMI."""

    flags: InterruptFlags = u16("how its line works")
    interrupt: int = u32("global system interrupt")


class LocalApicNmiEntry(
    MadtEntry, tag=MadtType.LOCAL_APIC_NMI, size=6, source=ACPI("Local APIC NMI Structure")
):
    """Which of a local APIC's inputs is the NMI."""

    processor_uid: int = u8("FFh: of all processors")
    flags: InterruptFlags = u16("how its line works")
    lint: int = u8("0 or 1: LINT0 or LINT1")


class LocalApicOverrideEntry(
    MadtEntry,
    tag=MadtType.LOCAL_APIC_OVERRIDE,
    size=12,
    source=ACPI("Local APIC Address Override Structure"),
):
    """The 64-bit address of the local APICs."""

    zero_2: bytes = reserved_bytes(2, must=0)
    address: int = u64("physical address of their registers")


class LocalX2ApicEntry(
    MadtEntry, tag=MadtType.LOCAL_X2APIC, size=16, source=ACPI("Processor Local x2APIC Structure")
):
    """A processor whose APIC id takes more than 8 bits."""

    zero_2: bytes = reserved_bytes(2, must=0)
    x2apic_id: int = u32()
    flags: LocalApicFlags = u32("whether it can be used")
    processor_uid: int = u32("as in the processor's object in AML")


class LocalX2ApicNmiEntry(
    MadtEntry, tag=MadtType.LOCAL_X2APIC_NMI, size=12, source=ACPI("Local x2APIC NMI Structure")
):
    """Which input of a local x2APIC is the NMI."""

    flags: InterruptFlags = u16("how its line works")
    processor_uid: int = u32("all ones: of all processors")
    lint: int = u8("0 or 1: LINT0 or LINT1")
    reserved_9: bytes = reserved_bytes(3, must=0)


class MultiprocWakeupEntry(
    MadtEntry,
    tag=MadtType.MULTIPROC_WAKEUP,
    size=16,
    source=ACPI("Multiprocessor Wakeup Structure"),
):
    """How processors are woken without INIT and SIPI."""

    mailbox_version: int = u16()
    reserved_4: bytes = reserved_bytes(4, must=0)
    mailbox: int = u64("physical address of a 4 KiB mailbox")


class MadtFlags(Word, bits=32, source=ACPI("Multiple APIC Flags")):
    """What else there is."""

    pcat_compatible: bool = bit(0, "two 8259s, to be masked before the APICs are used")
    zero_1: int = reserved("31:1", must=0)


class Madt(AcpiTable, tag=b"APIC", least=44, source=ACPI("Multiple APIC Description Table (MADT)")):
    """All interrupt controllers, and so all processors."""

    local_apic: int = u32("physical address of the local APICs", at=36, default=0xFEE00000)
    flags: MadtFlags = u32("what else there is")
    entries: tuple[MadtEntry, ...] = tail(of=MadtEntry)
