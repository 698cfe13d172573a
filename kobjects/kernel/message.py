"""The words of a message that do not fit in registers."""

from __future__ import annotations

from kobjects.kernel.abi import Abi
from kobjects.record import Record, array, reserved_bytes, u64
from kobjects.source import KERNEL


class MessageBuffer(Record, size=4096, source=KERNEL("ABI")):
    """A thread's second page, mapped in its Space and known to the kernel.

    Words 0 to 9 of a message travel in registers and their places here are left alone.
    """

    words: tuple[int, ...] = array("u64", Abi.MESSAGE_WORDS, "words 10 to 119 of a message")
    capability: int = u64("handle of a capability to send")
    capability_rights: int = u64("the rights that its copy keeps")
    unused: bytes = reserved_bytes(4096 - 8 * 122)
