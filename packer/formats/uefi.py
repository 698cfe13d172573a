"""A disk that UEFI boots: a GPT, an EFI system partition, and on it an application of ours.

The application has two sections: the boot code, which may be executed, and the kernel's bytes,
which may only be read. It writes to neither; what it needs to write is memory that it claims.
"""

from __future__ import annotations

from collections.abc import Callable

from kobjects.cpu.paging import PAGE_SIZE
from kobjects.firmware.gpt import EFI_SYSTEM
from packer.errors import PackError, Problem
from packer.formats import fat, gpt
from packer.formats.boot import Extent, assemble_boot, link_boot
from packer.formats.pe import Application, Section
from packer.image import Artifact, Image, LinkedUnit
from packer.layout import align_up
from packer.provenance import CodePart, Ledger, Provenance
from stages.boot.stage import UEFI
from stages.model import BootCode

Signer = Callable[[bytes], bytes]
"""Gives a PE file with a signature behind it."""

ENTRY = "uefi_entry"
"""The label at which the boot code is entered. It is also where the code begins."""

PATH = "EFI/BOOT/BOOTX64.EFI"
"""What a firmware starts from a disk of which it knows nothing."""

WORK_SIZE = 0x2_0000
"""Physical memory behind the boot code, at most, in which it prepares what it hands on."""


def wrap(image: Image, boot: BootCode = UEFI) -> Artifact:
    """The whole disk. PackError, AsmError as `link_boot`; and for boot code that does not begin
    with the label `uefi_entry`.
    """
    application, linked = program(image, boot)
    return _disk(image, linked, *application.file())


def wrap_signed(image: Image, sign: Signer, boot: BootCode = UEFI) -> Artifact:
    """The same with a signed application. What the signer raises, beside; ValueError if it changes
    anything but what a signature does.
    """
    application, linked = program(image, boot)
    plain, _ = application.file()
    return _disk(image, linked, *application.signed(sign(plain)))


def _disk(image: Image, linked: LinkedUnit, data: bytes, owners: Provenance) -> Artifact:
    volume = fat.volume({PATH: fat.File(data, owners)}, "KPACK", gpt.FIRST)
    disk = gpt.disk(volume.data, volume.owners, EFI_SYSTEM, "EFI system")
    return Artifact(f"{image.system.name}.uefi.img", *disk, linked)


def program(image: Image, boot: BootCode = UEFI) -> tuple[Application, LinkedUnit]:
    """The application, and its code where it runs once it has copied itself."""
    unit = assemble_boot(boot)
    work = align_up(boot.address + len(unit.code), PAGE_SIZE)
    symbols = {
        "uefi.work": work,
        "uefi.code_bytes": len(unit.code),
        "uefi.kernel_distance": align_up(len(unit.code), PAGE_SIZE),
        "uefi.kernel_bytes": len(image.load),
    }
    linked = link_boot(image, boot, unit, symbols, Extent("its work area", work, work + WORK_SIZE))
    if linked.labels().get(ENTRY) != boot.address:
        text = f"the boot code does not begin with the label {ENTRY}, at which firmware enters it"
        raise PackError([Problem("KP2203", linked.name, text)])
    ledger = Ledger()
    ledger.add(CodePart(linked.name, unit), linked.code)
    sections = [
        Section(".text", *ledger.finish(), code=True),
        Section(".kernel", image.load, image.owners),
    ]
    return Application(sections, entry=0), linked
