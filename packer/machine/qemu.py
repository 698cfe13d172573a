"""Which machine an image boots on, and the exact command that makes QEMU be it.

Nothing is left to QEMU's defaults or to the user's configuration: every device is named. The first
serial port is QEMU's standard input and output.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kobjects.firmware.elf import ELF_MAGIC
from kobjects.firmware.gpt import GPT_SIGNATURE
from kobjects.firmware.mbr import BOOT_SIGNATURE, HEADS, SECTOR_SIZE, SECTORS_PER_TRACK
from packer.machine.errors import UnfitError, missing
from packer.machine.firmware import OVMF, SECURE, Firmware, words
from stages.vectors import DebugExit

PROGRAM = "qemu-system-x86_64"
MEMORY = 128
"""MiB of memory, unless another size is asked for."""

GEOMETRY = f"lcyls=1024,lheads={HEADS},lsecs={SECTORS_PER_TRACK}"
"""How the BIOS shows a virtio disk: as the partition table has it. Left to itself SeaBIOS
takes 16 heads, and then boots no disk that is smaller than a cylinder: 516,096 bytes.
"""

VERDICT = "verdict"
"""Name of the buffer that holds what the guest wrote to the exit port, where QEMU is to stay."""


@dataclass(frozen=True)
class Machine:
    """A machine by its name in figures and options.

    board   for `-machine`
    disk    the device of a disk image; None: this machine has none
    screen  whether it has a VGA
    firmware  UEFI's; None: QEMU's own BIOS, or none
    """

    name: str
    board: str
    disk: str | None = None
    screen: bool = False
    firmware: Firmware | None = None

    @property
    def text(self) -> bool:
        """Whether its screen shows the VGA's text memory: UEFI leaves pixels."""
        return self.screen and self.firmware is None


PC = Machine("pc", "pc", "virtio-blk-pci", screen=True)
PC_IDE = Machine("pc-ide", "pc", "ide-hd", screen=True)
Q35 = Machine("q35", "q35", "virtio-blk-pci", screen=True)
MICROVM = Machine("microvm", "microvm,acpi=off")
Q35_UEFI = Machine("q35-uefi", "q35", "virtio-blk-pci", screen=True, firmware=OVMF)
PC_UEFI = Machine("pc-uefi", "pc", "ide-hd", screen=True, firmware=OVMF)
Q35_SECURE = Machine("q35-secure", "q35,smm=on", "virtio-blk-pci", screen=True, firmware=SECURE)
MACHINES = {
    machine.name: machine for machine in (PC, PC_IDE, Q35, MICROVM, Q35_UEFI, PC_UEFI, Q35_SECURE)
}

TARGETS: Mapping[str, Sequence[Machine]] = {
    "bios": (PC, PC_IDE, Q35),
    "pvh": (MICROVM, PC, Q35),
    "uefi": (Q35_UEFI, PC_UEFI),
}
"""The machines that each target boots on, the usual one first."""

SIGNED: Mapping[str, Sequence[Machine]] = {"uefi": (Q35_SECURE,)}
"""Machines that boot a target's images if they are signed with the right key."""


@dataclass(frozen=True)
class Launch:
    """How a machine is started, beside what it is.

    memory   in MiB
    icount   one guest nanosecond an instruction, the same in every run; the guest's clock then runs
             ahead of the wall, so never for a person
    stay     the guest's exit code is kept in the buffer `VERDICT` and QEMU stays, readable; else
             QEMU ends with it
    person   the same, and there is a second port where the person's own exit code ends QEMU
    cpu      for `-cpu`
    monitor  path of the QMP socket that QEMU makes; None: no monitor, and a reset ends QEMU. With a
             monitor a reset pauses the machine, so that its registers can be read
    display  for `-display`
    screen   a VGA where the machine can have one
    """

    memory: int = MEMORY
    icount: bool = False
    stay: bool = False
    cpu: str = "max"
    person: bool = False
    monitor: Path | None = None
    display: str = "none"
    screen: bool = True

    @property
    def keeps_code(self) -> bool:
        """Whether the guest's exit code goes into the buffer `VERDICT`."""
        return self.stay or self.person


def target_of(image: Path) -> str:
    """The target that a file was made for, from its first bytes. UnfitError for none."""
    try:
        with image.open("rb") as stream:
            start = stream.read(2 * SECTOR_SIZE)
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        raise UnfitError("KP4002", text, place=str(image)) from error
    if start.startswith(ELF_MAGIC):
        return "pvh"
    if start[SECTOR_SIZE - 2 : SECTOR_SIZE] == BOOT_SIGNATURE.to_bytes(2, "little"):
        return "uefi" if start[SECTOR_SIZE:].startswith(GPT_SIGNATURE) else "bios"
    text = "is neither a disk with a boot signature nor an ELF file"
    raise UnfitError("KP4002", text, "kpack build makes images that boot", str(image))


def command(image: Path, machine: Machine, launch: Launch | None = None) -> list[str]:
    """The whole command. MachineError if QEMU is missing, UnfitError for an image it can't boot."""
    return list(_words(image, machine, launch or Launch()))


def program() -> str:
    """QEMU's path, or that of the one that KPACK_QEMU names."""
    wanted = os.environ.get("KPACK_QEMU") or PROGRAM
    found = shutil.which(wanted)
    if found is None:
        raise missing(
            wanted, debian="qemu-system-x86", fedora="qemu-system-x86-core", arch="qemu-system-x86"
        )
    return found


def _words(image: Path, machine: Machine, launch: Launch) -> Iterator[str]:
    yield program()
    yield from ("-accel", "tcg", "-cpu", launch.cpu, "-machine", machine.board)
    yield from ("-m", f"{launch.memory}M", "-nodefaults", "-no-user-config", "-net", "none")
    yield from ("-display", launch.display, "-monitor", "none", "-serial", "stdio")
    if machine.screen:
        yield from ("-vga", "std" if launch.screen else "none")
    if launch.icount:
        yield from ("-icount", "shift=0,sleep=off")
    yield from _image(image, machine)
    yield from _exit(launch)
    if launch.monitor:
        # The log has nothing but resets, and names a triple fault.
        yield from ("-action", "reboot=shutdown,shutdown=pause", "-d", "cpu_reset")
        yield from ("-qmp", f"unix:{_value(launch.monitor)},server=on,wait=off")
    else:
        yield "-no-reboot"


def _image(image: Path, machine: Machine) -> Iterator[str]:
    target = target_of(image)
    if target == "pvh" and machine.firmware is None:
        yield from ("-kernel", str(image))
        return
    hint = f"boot it with --machine {TARGETS[target][0].name}"
    if machine.disk is None:
        text = f"is a disk, and {machine.name} has no firmware that boots one"
        raise UnfitError("KP4003", text, hint, str(image))
    if (target == "uefi") != (machine.firmware is not None):
        text = f"is for {target}, which the firmware of {machine.name} does not boot"
        raise UnfitError("KP4003", text, hint, str(image))
    if machine.firmware:
        yield from words(machine.firmware)
    # What the guest writes goes nowhere, and two machines can use one file.
    virtio = machine.disk == PC.disk
    access = "readonly=on" if virtio else "snapshot=on"
    device = f"{machine.disk},drive=disk,bootindex=0"
    yield from ("-drive", f"if=none,id=disk,format=raw,{access},file={_value(image)}")
    yield from ("-device", f"{device},{GEOMETRY}" if virtio else device)


def _exit(launch: Launch) -> Iterator[str]:
    port = f"iobase={DebugExit.PORT:#x}"
    if launch.keeps_code:
        yield from ("-chardev", f"ringbuf,id={VERDICT},size=16")
        yield from ("-device", f"isa-debugcon,{port},chardev={VERDICT}")
    else:
        yield from ("-device", f"isa-debug-exit,{port},iosize=0x4")
    if launch.person:
        yield from ("-device", f"isa-debug-exit,iobase={DebugExit.SHELL_PORT:#x},iosize=0x4")


def _value(path: Path) -> str:
    """A path inside an option: QEMU doubles commas."""
    return str(path).replace(",", ",,")
