"""Which target a file was made for, told from its first bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kobjects.firmware.elf import ELF_MAGIC
from kobjects.firmware.gpt import GPT_SIGNATURE
from kobjects.firmware.iso9660 import FIRST_DESCRIPTOR, SECTOR, STANDARD_ID
from kobjects.firmware.mbr import BOOT_SIGNATURE, SECTOR_SIZE
from kobjects.firmware.multiboot import HEADER_MAGIC, SEARCH
from kobjects.kernel.rom import ROM_SIGNATURE
from packer.machine.errors import UnfitError

VOLUME = FIRST_DESCRIPTOR * SECTOR + 1
"""Offset of what identifies an ISO 9660 volume."""

START = VOLUME + len(STANDARD_ID)
"""Bytes that are looked at."""

KINDS: Mapping[str, str] = {
    "iso": "an ISO 9660 volume",
    "pvh": "an ELF file",
    "multiboot": "a kernel for Multiboot",
    "uefi": "a disk with a GPT",
    "bios": "a disk with a boot signature",
    "rom": "a ROM of kpack's",
}
"""What marks a file of each target."""


def target_of(image: Path) -> str:
    """The target that a file was made for. UnfitError for none of them.

    An ISO is a disk too, so that the order counts.
    """
    try:
        with image.open("rb") as stream:
            start = stream.read(START)
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        raise UnfitError("KP4002", text, place=str(image)) from error
    if found := next(_targets(start), None):
        return found
    text = f"is none of these: {', '.join(KINDS.values())}"
    raise UnfitError("KP4002", text, "kpack build makes images that boot", str(image))


def _targets(start: bytes) -> Iterator[str]:
    """The targets that the first bytes of a file fit, the most special first."""
    if start[VOLUME:] == STANDARD_ID:
        yield "iso"
    if start.startswith(ROM_SIGNATURE):
        yield "rom"
    if start.startswith(ELF_MAGIC):
        yield "pvh"
    if _has_multiboot_header(start[:SEARCH]):
        yield "multiboot"
    if start[SECTOR_SIZE:].startswith(GPT_SIGNATURE):
        yield "uefi"
    if start[SECTOR_SIZE - 2 : SECTOR_SIZE] == BOOT_SIGNATURE.to_bytes(2, "little"):
        yield "bios"


def _has_multiboot_header(start: bytes) -> bool:
    magic = HEADER_MAGIC.to_bytes(4, "little")
    place = start.find(magic)
    while place >= 0:
        words = [int.from_bytes(start[at : at + 4], "little") for at in range(place, place + 12, 4)]
        if place % 4 == 0 and sum(words) % (1 << 32) == 0:
            return True
        place = start.find(magic, place + 1)
    return False
