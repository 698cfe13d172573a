"""The window in which QEMU can show a machine's screen."""

from __future__ import annotations

import subprocess

from packer.machine.errors import MachineError
from packer.machine.qemu import program

WINDOWS = ("gtk", "sdl", "cocoa")
"""What `-display` takes for a window, the best first."""


def window() -> str:
    """The window that this QEMU has. MachineError if it was built or installed without."""
    listing = subprocess.run(
        [program(), "-display", "help"], capture_output=True, text=True, check=False
    ).stdout
    available = listing.split("\n", 1)[-1].split()
    for kind in WINDOWS:
        if kind in available:
            return kind
    text = f"this QEMU opens no windows; its displays are {', '.join(available) or 'none'}"
    raise MachineError("KP4006", text, "sudo apt-get install qemu-system-gui")
