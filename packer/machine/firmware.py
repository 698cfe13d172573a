"""UEFI firmware for QEMU: OVMF, as Debian's package `ovmf` has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packer.machine.errors import MachineError

FOLDER = Path("/usr/share/OVMF")


@dataclass(frozen=True)
class Firmware:
    """Two flash chips: code that nobody writes, and variables.

    secure   it starts only what is signed with a key that its variables hold; then only code in
             system management mode may write these
    """

    code: str
    variables: str
    secure: bool = False


OVMF = Firmware("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd")
SECURE = Firmware("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd", secure=True)
"""Its key is Debian's snakeoil key, which everybody has: for tests."""


def words(firmware: Firmware) -> Iterator[str]:
    """QEMU's options for the two chips. What the guest writes to them goes nowhere.

    MachineError for a file that is missing.
    """
    if firmware.secure:
        yield from ("-global", "driver=cfi.pflash01,property=secure,value=on")
    for unit, name in enumerate((firmware.code, firmware.variables)):
        path = FOLDER / name
        if not path.exists():
            text = f"the UEFI firmware {path} is not there"
            raise MachineError("KP4004", text, "sudo apt-get install --no-install-recommends ovmf")
        access = "snapshot=on" if unit else "readonly=on"
        yield from ("-drive", f"if=pflash,format=raw,unit={unit},{access},file={path}")
