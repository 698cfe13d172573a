"""The 16550 serial port."""

from __future__ import annotations

from enum import IntEnum

from kobjects.source import UART
from kobjects.word import Word, bit, bits, reserved

UART_CLOCK = 115_200
"""Baud rate of divisor 1 in a PC: its 1.8432 MHz crystal / 16."""


class Com1(IntEnum):
    """Ports of the first serial port. With LineControl.divisor_latch set, the first two hold the
    divisor of the baud rate instead.
    """

    DATA = 0x3F8
    """Read: the receiver's next byte; write: the transmitter's."""
    INTERRUPT_ENABLE = 0x3F9
    FIFO_CONTROL = 0x3FA
    """Write only; reading gives the interrupt identification."""
    LINE_CONTROL = 0x3FB
    MODEM_CONTROL = 0x3FC
    LINE_STATUS = 0x3FD
    MODEM_STATUS = 0x3FE
    SCRATCH = 0x3FF
    DIVISOR_LOW = 0x3F8
    DIVISOR_HIGH = 0x3F9


class InterruptEnable(Word, bits=8, source=UART("Interrupt Enable Register")):
    """Which events raise the interrupt line, through ModemControl.out2."""

    received: bool = bit(0, "data is available, or lay in the FIFO for long")
    transmitter_empty: bool = bit(1, "the transmitter takes another byte")
    line_status: bool = bit(2, "an error or a break")
    modem_status: bool = bit(3, "a modem input changed")
    zero_4: int = reserved("7:4", must=0)


class FifoTrigger(IntEnum):
    """Bytes in the receiver's FIFO that raise its interrupt."""

    ONE = 0
    FOUR = 1
    EIGHT = 2
    FOURTEEN = 3


class FifoControl(Word, bits=8, source=UART("FIFO Control Register")):
    """The FIFOs; write only."""

    enable: bool = bit(0, "must be set for the other bits to take effect")
    clear_receiver: bool = bit(1, "empties the receiver's FIFO; clears itself")
    clear_transmitter: bool = bit(2, "empties the transmitter's FIFO; clears itself")
    dma_mode: bool = bit(3, "of the RXRDY and TXRDY pins")
    zero_4: int = reserved("5:4", must=0)
    trigger: FifoTrigger = bits("7:6")


class WordLength(IntEnum):
    """Bits of a character."""

    FIVE = 0
    SIX = 1
    SEVEN = 2
    EIGHT = 3


class LineControl(Word, bits=8, source=UART("Line Control Register")):
    """The frame around each character."""

    word_length: WordLength = bits("1:0")
    two_stop_bits: bool = bit(2, "1.5 for words of five bits")
    parity: bool = bit(3, "a parity bit follows")
    even_parity: bool = bit(4)
    stick_parity: bool = bit(5, "the parity bit is constant: the inverse of even_parity")
    set_break: bool = bit(6, "holds the line at 0")
    divisor_latch: bool = bit(7, "DLAB: the first two ports are the divisor")


class ModemControl(Word, bits=8, source=UART("Modem Control Register")):
    """The modem's outputs."""

    dtr: bool = bit(0, "data terminal ready")
    rts: bool = bit(1, "request to send")
    out1: bool = bit(2)
    out2: bool = bit(3, "in a PC: lets interrupts through")
    loopback: bool = bit(4, "what is sent is received")
    zero_5: int = reserved("7:5", must=0)


class LineStatus(Word, bits=8, source=UART("Line Status Register")):
    """What the receiver and the transmitter are about."""

    data_ready: bool = bit(0, "a byte has been received")
    overrun: bool = bit(1, "a received byte was lost; cleared by reading")
    parity_error: bool = bit(2, "cleared by reading")
    framing_error: bool = bit(3, "cleared by reading")
    break_received: bool = bit(4, "cleared by reading")
    transmit_ready: bool = bit(5, "THRE: DATA or the FIFO takes another byte")
    transmit_idle: bool = bit(6, "TEMT: the last bit has left")
    fifo_error: bool = bit(7, "an error is somewhere in the receiver's FIFO")
