"""The selectors of our GDT."""

from __future__ import annotations

from enum import IntEnum


class Selector(IntEnum):
    """Their order is SYSCALL's and SYSRET's (STAR): kernel code, kernel data; then from USER_BASE,
    where a 32-bit code segment would stand and none does, user data, user code.
    """

    NULL = 0x00
    KERNEL_CODE = 0x08
    KERNEL_DATA = 0x10
    USER_BASE = 0x18
    USER_DATA = 0x23
    USER_CODE = 0x2B
    TSS = 0x30
