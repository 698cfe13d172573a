"""Which instructions of the kernel and of the boot code the machines of each test execute.

QEMU logs every block that it translates, which is every block that is executed once and no other
(`-d in_asm`). The log names addresses; the image that the machine booted says what lies there.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from packer.ablation import BOOT
from packer.ablation.listing import listing
from packer.image import Artifact, Image, LinkedUnit
from packer.machine.session import Session
from packer.sources import read_sources
from stages.model import Access, Assembly, BootCode
from tests.ablation import patches

ADDRESS = re.compile(rb"^0x([0-9a-f]{8,16}):", re.MULTILINE)
FILE = re.compile(r"(?:^|,)file=((?:[^,]|,,)*)")
RESET_SEGMENT = 0xFFFF_0000
FIRMWARE = (
    f"0x7c00+0x78400,0x100000+0x100000,0xffffffff80000000+0x40000000,{RESET_SEGMENT:#x}+0x10000"
)
"""Where our code lies, of all that a machine executes: loaders and the ROM's copy of itself, the
entries below the kernel, the kernel, and the ROM, which is linked where its copy lies.
"""

Charge = Callable[[], "Charged"]


@dataclass
class Charged:
    """What one fixture or test did.

    images   how many it linked
    boots    how many machines it started
    seconds  that it took
    places   of instructions that its machines executed, as `Coded.name` has them: a kernel with
             something of a test's own in it has the others where all kernels have them
    """

    images: int = 0
    boots: int = 0
    seconds: float = 0.0
    places: set[str] = field(default_factory=set)


def record(patch: pytest.MonkeyPatch, charge: Charge) -> None:
    """From now on every image and every machine counts for whomever `charge` names."""
    files: dict[str, tuple[Image, LinkedUnit | None, Sequence[Assembly]]] = {}

    def linked(_: Image) -> None:
        charge().images += 1

    def made(artifact: Artifact, image: Image, boot: BootCode | None = None) -> None:
        usual = {each.target: each for each in BOOT}
        code: Sequence[Assembly] = ()
        if artifact.boot:
            code = (boot or usual[artifact.boot.name.removeprefix("boot.")]).code
        files[hashlib.sha256(artifact.data).hexdigest()] = image, artifact.boot, code

    def booted(data: bytes, log: bytes) -> None:
        one = charge()
        one.boots += 1
        image, boot, code = files.get(hashlib.sha256(data).hexdigest(), (None, None, ()))
        if image:
            addresses = {int(found, 16) for found in ADDRESS.findall(log)}
            addresses |= {each - RESET_SEGMENT for each in addresses if each >> 16 == 0xFFFF}
            one.places.update(map(sys.intern, _executed(image, boot, code, addresses)))

    patches.on_link(patch, linked)
    patches.on_wrap(patch, made)
    _log_machines(patch, booted)


def _executed(
    image: Image, boot: LinkedUnit | None, boot_code: Sequence[Assembly], addresses: set[int]
) -> Iterator[str]:
    code = [source for stage in image.system.stages for source in stage.code]
    text = [source for source in code if source.section is Access.TEXT]
    units: list[tuple[LinkedUnit, Sequence[Assembly]]] = [(image.units["kernel.text"], text)]
    if boot:
        units.append((boot, boot_code))
    for unit, sources in units:
        for one in listing(unit, read_sources(sources)).codes:
            if unit.address + one.offset in addresses:
                yield one.name


def _log_machines(patch: pytest.MonkeyPatch, booted: Callable[[bytes, bytes], None]) -> None:
    """The log goes to a file: a pipe holds 64 KiB, and QEMU answers no monitor while it waits for
    room. What else it logs (a reset) is put where it would have said it.
    """
    start, leave, drain = Session.__init__, Session.__exit__, Session.drain

    def started(self: Any, command: Sequence[str], **more: Any) -> None:
        self.log = tempfile.NamedTemporaryFile()  # noqa: SIM115  (closed when the session ends)
        start(self, _logging(command, self.log.name), **more)
        self.booted = _image(command).read_bytes()

    def drained(self: Any) -> None:
        drain(self)
        self.errors += self.log.read()

    def left(self: Any, *error: object) -> None:
        self.end()
        drained(self)
        self.log.close()
        booted(self.booted, bytes(self.errors))
        leave(self, *error)

    patch.setattr(Session, "__init__", started)
    patch.setattr(Session, "__exit__", left)
    patch.setattr(Session, "drain", drained)


def _logging(command: Sequence[str], log: str) -> list[str]:
    """QEMU's command with the log of translations beside whatever it logs."""
    words = list(command)
    if "-d" in words:
        words[words.index("-d") + 1] += ",in_asm"
    else:
        words += ["-d", "in_asm"]
    return [*words, "-D", log, "-dfilter", FIRMWARE]


def _image(command: Sequence[str]) -> Path:
    """The file that QEMU boots: a kernel, a ROM, or the one drive."""
    for option in ("-kernel", "-bios"):
        if option in command:
            return Path(command[command.index(option) + 1])
    found = FILE.search(command[command.index("-drive") + 1])
    assert found, command
    return Path(found[1].replace(",,", ","))
