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

from kobjects.firmware.mbr import HEADS, SECTORS_PER_TRACK
from packer.machine.errors import UnfitError, missing
from packer.machine.firmware import OVMF, SECURE, Firmware, words
from packer.machine.target import target_of
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
    cd      its disk is a CD
    firmware  UEFI's; None: QEMU's own BIOS, or none
    """

    name: str
    board: str
    disk: str | None = None
    screen: bool = False
    cd: bool = False
    firmware: Firmware | None = None

    @property
    def text(self) -> bool:
        """Whether its screen shows the VGA's text memory: UEFI leaves pixels."""
        return self.screen and self.firmware is None


PC = Machine("pc", "pc", "virtio-blk-pci", screen=True)
PC_IDE = Machine("pc-ide", "pc", "ide-hd", screen=True)
Q35 = Machine("q35", "q35", "virtio-blk-pci", screen=True)
MICROVM = Machine("microvm", "microvm,acpi=off")
PC_CD = Machine("pc-cd", "pc", "ide-cd", screen=True, cd=True)
Q35_CD = Machine("q35-cd", "q35", "ide-cd", screen=True, cd=True)
Q35_UEFI = Machine("q35-uefi", "q35", "virtio-blk-pci", screen=True, firmware=OVMF)
PC_UEFI = Machine("pc-uefi", "pc", "ide-hd", screen=True, firmware=OVMF)
Q35_SECURE = Machine("q35-secure", "q35,smm=on", "virtio-blk-pci", screen=True, firmware=SECURE)
MACHINES = {
    machine.name: machine
    for machine in (
        *(PC, PC_IDE, PC_CD, Q35, Q35_CD, MICROVM),
        *(Q35_UEFI, PC_UEFI, Q35_SECURE),
    )
}

TARGETS: Mapping[str, Sequence[Machine]] = {
    "bios": (PC, PC_IDE, Q35),
    "iso": (PC_CD, Q35_CD, PC, PC_IDE, Q35),
    "pvh": (MICROVM, PC, Q35),
    "multiboot": (MICROVM, PC, Q35),
    "uefi": (Q35_UEFI, PC_UEFI),
    "rom": (MICROVM, PC, Q35),
}
"""The machines that each target boots on, the usual one first."""

SIGNED: Mapping[str, Sequence[Machine]] = {"uefi": (Q35_SECURE,)}
"""Machines that boot a target's images if they are signed with the right key."""

OPTIONS = {"pvh": "-kernel", "multiboot": "-kernel", "rom": "-bios"}
"""QEMU's option for a file of each target; the others are disks."""


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
    observer  path of a second one for `kpack live`
    display  for `-display`
    screen   a VGA where the machine can have one
    accelerator  "tcg" or "kvm"; accelerator.py knows whether that can be used
    gdb      TCP port on this host, or the path of a socket, where QEMU waits for a debugger
             before the first instruction
    serial   a file for what the guest sends, instead of QEMU's standard output
    log      a file into which QEMU logs interrupts, too, instead of only resets on standard error:
             a long log there would fill the pipe while an answer of the monitor is awaited
    """

    memory: int = MEMORY
    icount: bool = False
    stay: bool = False
    cpu: str = "max"
    person: bool = False
    monitor: Path | None = None
    observer: Path | None = None
    display: str = "none"
    screen: bool = True
    accelerator: str = "tcg"
    gdb: int | Path | None = None
    serial: Path | None = None
    log: Path | None = None

    @property
    def keeps_code(self) -> bool:
        """Whether the guest's exit code goes into the buffer `VERDICT`."""
        return self.stay or self.person


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
    yield from ("-accel", launch.accelerator, "-cpu", launch.cpu, "-machine", machine.board)
    yield from ("-m", f"{launch.memory}M", "-nodefaults", "-no-user-config", "-net", "none")
    yield from ("-display", launch.display, "-monitor", "none")
    yield from ("-serial", f"file:{_value(launch.serial)}" if launch.serial else "stdio")
    if machine.screen:
        yield from ("-vga", "std" if launch.screen else "none")
    if launch.icount:
        yield from ("-icount", "shift=0,sleep=off")
    yield from _image(image, machine)
    yield from _exit(launch)
    yield from _gdb(launch.gdb)
    if launch.monitor:
        # Unless more is asked for, the log has nothing but resets, and names a triple fault.
        yield from ("-action", "reboot=shutdown,shutdown=pause")
        yield from ("-d", "int,cpu_reset" if launch.log else "cpu_reset")
        if launch.log:
            yield from ("-D", str(launch.log))
        yield from ("-qmp", f"unix:{_value(launch.monitor)},server=on,wait=off")
    else:
        yield "-no-reboot"
    if launch.observer:
        yield from ("-qmp", f"unix:{_value(launch.observer)},server=on,wait=off")


def _image(image: Path, machine: Machine) -> Iterator[str]:
    target = target_of(image)
    fitting = {each.name for each in (*TARGETS[target], *SIGNED.get(target, ()))}
    if machine.name not in fitting:
        names = ", ".join(each.name for each in TARGETS[target])
        text = f"is an image for {target}, which {machine.name} does not boot"
        raise UnfitError("KP4003", text, f"boot it with --machine, one of {names}", str(image))
    if target in OPTIONS:
        yield from (OPTIONS[target], str(image))
        return
    if machine.cd:
        yield from ("-drive", f"if=none,id=disk,format=raw,media=cdrom,file={_value(image)}")
        yield from ("-device", f"{machine.disk},drive=disk,bootindex=0")
        return
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


def _gdb(place: int | Path | None) -> Iterator[str]:
    if isinstance(place, Path):
        yield from ("-chardev", f"socket,id=gdb,path={_value(place)},server=on,wait=off")
        yield from ("-gdb", "chardev:gdb", "-S")
    elif place is not None:
        yield from ("-gdb", f"tcp:127.0.0.1:{place}", "-S")


def _value(path: Path) -> str:
    """A path inside an option: QEMU doubles commas."""
    return str(path).replace(",", ",,")
