"""The interrupt vectors and stacks that we chose."""

from __future__ import annotations

from enum import IntEnum


class Irq(IntEnum):
    """Vectors of devices, above the 32 exceptions."""

    MASTER = 0x20
    """IRQ 0 to 7 of the first 8259."""
    SLAVE = 0x28
    """IRQ 8 to 15 of the second."""
    TIMER = 0x30
    """The local APIC's timer: end of a slice."""
    SPURIOUS = 0xFF
    """The local APIC had an interrupt and lost it; never acknowledged."""


class Ist(IntEnum):
    """Entries of the TSS's interrupt stack table. These vectors may come while RSP is a task's, or
    no stack at all: see `interrupts/traps.asm`.
    """

    DOUBLE_FAULT = 1
    NMI = 2
    MACHINE_CHECK = 3
    DEBUG = 4


class Slice(IntEnum):
    """Length of a time slice."""

    MICROSECONDS = 5000
    PIT_TICKS = 5966
    """Of the 8254's 1,193,182 Hz clock: 5 ms."""
    PER_SECOND = 200


class DebugExit(IntEnum):
    """QEMU's isa-debug-exit: a byte v written to its port ends QEMU with exit code v * 2 + 1."""

    PORT = 0xF4
    """Where a run says how it went. PASSED ends the machine unless a person is at it."""
    SHELL_PORT = 0xF8
    """Where a person ends the machine; there is nothing at it when nobody is there."""
    PASSED = 0x31
    PANIC = 0x33
    FAILED = 0x35
