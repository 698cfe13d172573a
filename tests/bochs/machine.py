"""A second emulator: Bochs, headless, with the disk that a BIOS boots.

The two share no code, and Bochs takes the manuals at their word where QEMU takes a short way: it
asks CR0.TS before XSAVE and EMMS, holds a debug trap off behind MOV SS, and knows #AC and #XM.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from packer.build import artifacts
from packer.image import Image
from packer.machine.outcome import MARKER, Outcome, Status

PROGRAM = "bochs-bin"
"""Debian's package bochs has it behind a script that writes into the home folder."""
ROMS = (Path("/usr/share/bochs/BIOS-bochs-latest"), Path("/usr/share/vgabios/vgabios.bin"))
CPU = "corei7_icelake_u"
INSTRUCTIONS = 20_000_000
"""In one second of its clock, by which the serial port and the timers go."""
HEADS, SECTORS, SECTOR = 16, 63, 512
CYLINDERS = 16
"""8 MB, of which the image is the beginning."""
TIMEOUT = 60.0
"""Seconds; a boot takes about three."""

CONFIGURATION = """\
megs: {memory}
cpu: model={cpu}, ips={instructions}, reset_on_triple_fault=0
clock: sync=none
romimage: file={bios}
vgaromimage: file={vga}
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
{media}
com1: enabled=1, mode=file, dev=serial
pci: enabled=1, chipset=i440fx
sound: waveoutdrv=dummy, waveout=none, waveindrv=dummy, wavein=none, midioutdrv=dummy, midiout=none
speaker: enabled=0
display_library: rfb, options="timeout=0"
log: log
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
"""
"""Nothing of the host's is used but a port on which Bochs offers its screen; it always does."""

DISK = (
    "boot: disk\nata0-master: type=disk, path=image, mode=flat, "
    "cylinders={cylinders}, heads={heads}, spt={sectors}"
)
CD = "boot: cdrom\nata0-master: type=cdrom, path=image, status=inserted"
MEDIA = {"bios": DISK, "iso": CD, "rom": ""}
"""What each target's file is; a ROM takes the BIOS's place."""


def boot(
    image: Image, *, target: str = "bios", cpu: str = CPU, memory: int = 128, marker: str = MARKER
) -> Outcome:
    """Boot an image until the guest prints the marker's line, which is a pass: there is no
    port for an exit code. The test is skipped where there is no Bochs, and fails when the marker
    does not come in time.
    """
    if shutil.which(PROGRAM) is None or not all(rom.is_file() for rom in ROMS):
        pytest.skip("bochs is missing: apt-get install bochs")
    (file, _) = artifacts(image, [target])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = CYLINDERS * HEADS * SECTORS * SECTOR if target == "bios" else 0
        assert len(file.data) <= size or not size
        (folder / "image").write_bytes(file.data.ljust(size, b"\0"))
        (folder / "machine").write_text(configuration(target, cpu, memory), encoding="utf-8")
        # Debian's Bochs has its debugger in it, which begins at the first instruction.
        (folder / "commands").write_text("continue\n", encoding="utf-8")
        start = time.monotonic()
        text = watch(folder, marker)
    seconds = time.monotonic() - start
    return Outcome(Status.PASSED, "the guest printed its marker", None, text, [PROGRAM], seconds)


def configuration(target: str, cpu: str, memory: int) -> str:
    bios, vga = ROMS
    media = MEDIA[target].format(cylinders=CYLINDERS, heads=HEADS, sectors=SECTORS)
    return CONFIGURATION.format(
        cpu=cpu, instructions=INSTRUCTIONS, memory=memory, vga=vga, media=media,
        bios="image" if target == "rom" else bios,
    )  # fmt: skip


def watch(folder: Path, marker: str) -> str:
    """Run the machine of that folder until the marker's line."""
    words = [PROGRAM, "-q", "-f", "machine", "-rc", "commands"]
    environment = os.environ | {"HOME": str(folder)}
    serial = folder / "serial"
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            deadline = time.monotonic() + TIMEOUT
            while True:
                ended = process.poll() is not None
                text = serial.read_text("utf-8", "replace") if serial.is_file() else ""
                if any(line.rstrip() == marker for line in text.split("\n")[:-1]):
                    return text
                said_itself = (folder / "said").read_text("utf-8", "replace")
                assert not ended, f"Bochs ended\n{text}\n{said_itself}"
                assert time.monotonic() < deadline, f"no marker in time\n{text}\n{said_itself}"
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()
