"""Small guests of our own, made of bytes by hand: what they do owes nothing to what is tested.

Each is machine code that means the same in 16-bit and in 32-bit mode, so that one guest serves as
boot sector and as PVH kernel.
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from packer.machine.firmware import FOLDER, OVMF, Firmware

MARKER = "kpack: demonstration passed"
HALT = bytes.fromhex("fa f4 eb fd")  # cli; hlt; back to hlt
SPIN = bytes.fromhex("eb fe")  # jmp to itself


def out(port: int, value: int) -> bytes:
    """mov al, value; out port, al: a port below 0x100."""
    return bytes([0xB0, value, 0xE6, port])


def end(value: int) -> bytes:
    """Write the exit code; on a machine that stays, halt."""
    return out(0xF4, value) + HALT


def sector(code: bytes) -> bytes:
    """A disk of one sector that starts with this code."""
    assert len(code) <= 510
    return code.ljust(510, b"\0") + b"\x55\xaa"


def say16(text: str) -> bytes:
    """mov dx, 0x3f8; then mov al, letter; out dx, al for each."""
    return b"\xba\xf8\x03" + b"".join(bytes([0xB0, letter, 0xEE]) for letter in text.encode())


def say32(text: str) -> bytes:
    """The same; a 66h prefix keeps the port's number 16 bits wide."""
    return b"\x66" + say16(text)


def show16(text: str) -> bytes:
    """The text into the top left of the screen, white on blue: es = b800; mov word [es:n], cell."""
    cells = enumerate(text.encode())
    words = (b"\x26\xc7\x06" + struct.pack("<HH", 2 * n, 0x1F00 | letter) for n, letter in cells)
    return b"\xb8\x00\xb8\x8e\xc0" + b"".join(words)


def needs_uefi(firmware: Firmware = OVMF) -> None:
    """Skip the test where QEMU has no UEFI firmware."""
    if not (FOLDER / firmware.code).exists() or not (FOLDER / firmware.variables).exists():
        pytest.skip("this system has no ovmf")


TRIPLE_FAULT32 = bytes.fromhex("0f 01 1d") + struct.pack("<I", 0) + bytes.fromhex("0f 0b")
"""lidt with whatever lies at address 0; ud2."""

RESET16 = out(0x64, 0xFE) + HALT
"""The keyboard controller pulses the processor's reset line."""


def kernel(code: bytes, base: int = 0x100000) -> bytes:
    """A PVH kernel: ELF header, PT_LOAD over all of it, PT_NOTE with the entry's address, code."""
    note_offset = 64 + 2 * 56
    entry = base + note_offset + 20
    note = struct.pack("<III4sI", 4, 4, 18, b"Xen\0", entry)
    size = note_offset + len(note) + len(code)
    identification = b"\x7fELF\2\1\1" + bytes(9)
    header = struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, entry, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 4096)
    noted = base + note_offset
    notes = struct.pack("<IIQQQQQQ", 4, 4, note_offset, noted, noted, len(note), len(note), 4)
    return identification + header + load + notes + note + code


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def running_with(argument: Path) -> bool:
    """Whether a process has this among its arguments."""
    wanted = str(argument).encode()
    return any(wanted in line for line in map(arguments, Path("/proc").glob("[0-9]*")))


def arguments(process: Path) -> list[bytes]:
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
