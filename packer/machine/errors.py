"""What keeps a machine from being started at all."""

from __future__ import annotations

import shutil

from packer.errors import Problem

INSTALLERS = {
    "apt-get": "sudo apt-get install --no-install-recommends {debian}",
    "dnf": "sudo dnf install {fedora}",
    "pacman": "sudo pacman -S {arch}",
    "brew": "brew install qemu",
}
"""Package managers by the program that tells of them, and the line for each."""


class MachineError(Exception):
    """A machine that cannot run: a tool is missing or refuses."""

    def __init__(self, code: str, text: str, help: str = "", place: str = "") -> None:
        self.problem = Problem(code, place, text, help)
        super().__init__(str(self.problem))


class UnfitError(MachineError):
    """A file that is no image, or not for the machine."""


def missing(program: str, *, debian: str, fedora: str, arch: str) -> MachineError:
    """The error for a program that is not there, with the line that installs it here."""
    for manager, line in INSTALLERS.items():
        if shutil.which(manager):
            help = line.format(debian=debian, fedora=fedora, arch=arch)
            break
    else:
        help = "https://www.qemu.org/download/ says how to install QEMU"
    return MachineError("KP4001", f"{program} is not on the search path", help)
