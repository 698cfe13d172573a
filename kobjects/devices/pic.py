"""The two 8259A interrupt controllers of a PC: the slave hangs on the master's input 2."""

from __future__ import annotations

from enum import IntEnum

from kobjects.source import PIC
from kobjects.word import Word, bit, bits, reserved


class Pic(IntEnum):
    """Ports. Initialisation: ICW1 to the command port, then ICW2, ICW3 and ICW4 to the data port,
    where afterwards the mask is (OCW1; a set bit masks that input).
    """

    MASTER_COMMAND = 0x20
    MASTER_DATA = 0x21
    SLAVE_COMMAND = 0xA0
    SLAVE_DATA = 0xA1
    MASTER_EDGE_LEVEL = 0x4D0
    SLAVE_EDGE_LEVEL = 0x4D1


class PicLine(IntEnum):
    """Interrupt lines of a PC: 0-7 are inputs of the master, 8-15 of the slave."""

    TIMER = 0
    KEYBOARD = 1
    CASCADE = 2
    COM2 = 3
    COM1 = 4
    LPT2 = 5
    FLOPPY = 6
    LPT1 = 7
    """Also where a spurious interrupt of the master appears."""
    CLOCK = 8
    MOUSE = 12
    COPROCESSOR = 13
    PRIMARY_DISK = 14
    SECONDARY_DISK = 15
    """Also where a spurious interrupt of the slave appears."""


class Icw1(Word, bits=8, source=PIC("Initialization Command Words 1 and 2 (ICW1, ICW2)")):
    """Starts initialisation when written to the command port."""

    needs_icw4: bool = bit(0, "IC4: a fourth word will follow")
    single: bool = bit(1, "SNGL: not cascaded, no third word")
    interval_4: bool = bit(2, "ADI: for the 8080 and 8085")
    level_triggered: bool = bit(3, "LTIM; of no effect where the edge-level ports are")
    initialise: bool = reserved("4", must=1)
    vector_8080: int = bits("7:5", "for the 8080 and 8085")


class Icw2(Word, bits=8, source=PIC("Initialization Command Words 1 and 2 (ICW1, ICW2)")):
    """The vectors: input n raises `base` + n."""

    input: int = bits("2:0", "the controller puts the number of the input here")
    base: int = bits("7:3", "vector of input 0", unit=8)


class Icw4(Word, bits=8, source=PIC("Initialization Command Word 4 (ICW4)")):
    """The mode."""

    mode_8086: bool = bit(0, "uPM: one vector an interrupt, as for every x86")
    automatic_eoi: bool = bit(1, "AEOI: no end-of-interrupt command is needed")
    master: bool = bit(2, "M/S; only with buffered")
    buffered: bool = bit(3, "BUF: the chip drives data bus buffers")
    special_fully_nested: bool = bit(4, "SFNM")
    zero_5: int = reserved("7:5", must=0)


class Ocw2Command(IntEnum):
    """R, SL and EOI, the high bits of OCW2."""

    ROTATE_IN_AUTOMATIC_EOI_CLEAR = 0
    NONSPECIFIC_EOI = 1
    NO_OPERATION = 2
    SPECIFIC_EOI = 3
    ROTATE_IN_AUTOMATIC_EOI_SET = 4
    ROTATE_ON_NONSPECIFIC_EOI = 5
    SET_PRIORITY = 6
    ROTATE_ON_SPECIFIC_EOI = 7


class Ocw2(Word, bits=8, source=PIC("Operation Control Word 2 (OCW2)")):
    """Ends an interrupt when written to the command port."""

    level: int = bits("2:0", "the input that a specific command is about")
    zero_3: int = reserved("4:3", must=0)
    command: Ocw2Command = bits("7:5")


class Ocw3(Word, bits=8, source=PIC("Operation Control Word 3 (OCW3)")):
    """Chooses what the next read of the command port gives."""

    read_in_service: bool = bit(0, "RIS: the in-service register; clear: the request register")
    read_register: bool = bit(1, "RR: read_in_service has its effect")
    poll: bool = bit(2, "P: the next read acknowledges an interrupt and gives its input")
    one_3: int = reserved("3", must=1)
    zero_4: int = reserved("4", must=0)
    special_mask: bool = bit(5, "SMM: inputs of lower priority are not held back")
    set_special_mask: bool = bit(6, "ESMM: special_mask has its effect")
    zero_7: int = reserved("7", must=0)
