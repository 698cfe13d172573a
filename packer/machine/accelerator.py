"""Which accelerator runs the guest: QEMU's own translation (tcg), or the host's processor (kvm).

KVM may be there and be of no use: no permission, no such device, or a virtual machine's virtual
machine in which an exception in ring 0 is the end. So it is asked to run a small guest first
(`probe.asm`), with the processor and on the machine that the image will have.
"""

from __future__ import annotations

import functools
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kobjects.cpu.exceptions import Vector
from kobjects.cpu.gates import GateDescriptor
from kobjects.cpu.paging import PageDirectoryEntry2M
from kobjects.emit.equates import equates
from packer.asm import SourceText
from packer.cache import assemble
from packer.files import write_all
from packer.formats import small
from packer.machine.errors import MachineError
from packer.machine.outcome import PASSED
from packer.machine.qemu import MICROVM, Launch, command
from stages.names import kernel_names

TCG, KVM, AUTO = "tcg", "kvm", "auto"
CHOICES = (AUTO, TCG, KVM)
"""What may be asked for; `auto` is KVM where it works."""

PROBE = Path(__file__).parent / "probe.asm"
PATIENCE = 2.0
"""Seconds that the probe may take; with a KVM of use it takes a tenth."""

GATES = Vector.BP + 1
CODE64 = 8
"""The selector of the probe's 64-bit code, second in its GDT."""


@dataclass(frozen=True)
class Trial:
    """Whether KVM can be used, and why not."""

    works: bool
    reason: str = ""


def choose(wanted: str, cpu: str) -> tuple[str, str]:
    """The accelerator for what was asked for, and what to tell the person, if anything.

    MachineError for `kvm` where it does not work, with what it said.
    """
    if wanted == TCG:
        return TCG, ""
    trial = kvm(cpu)
    if trial.works:
        return KVM, ""
    if wanted == KVM:
        text = f"KVM cannot be used here: {trial.reason}"
        raise MachineError("KP4010", text, "leave --accel out, or take --accel tcg")
    return TCG, f"KVM is not used: {trial.reason}"


@functools.cache
def kvm(cpu: str, device: Path = Path("/dev/kvm")) -> Trial:
    """Whether KVM runs the probe with this processor (QEMU's `-cpu`)."""
    if not device.exists():
        return Trial(False, f"there is no {device}")
    with tempfile.TemporaryDirectory(prefix="kpack-") as folder:
        image = Path(folder, "probe.elf")
        write_all({image: probe()})
        words = command(image, MICROVM, Launch(cpu=cpu, accelerator=KVM))
        try:
            ended = subprocess.run(
                words, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            return Trial(False, f"a small guest did not end in it within {PATIENCE:g} s")
    if ended.returncode == PASSED:
        return Trial(True)
    said = ended.stderr.decode(errors="backslashreplace").strip().splitlines()
    why = said[0] if said else "a small guest that handles an exception in ring 0 was reset"
    return Trial(False, why)


def probe() -> bytes:
    """The probe as a file for QEMU's -kernel: its code, and behind it the table of gates."""
    size = GATES * GateDescriptor.size
    text = SourceText(PROBE.name, PROBE.read_text(encoding="utf-8"))
    names = {
        **kernel_names(),
        **equates(PageDirectoryEntry2M),
        "Probe.IDT_SIZE": size,
        "Probe.CODE64": CODE64,
    }
    unit = assemble([text], names, mode=32)
    idt = small.ENTRY + len(unit.code)
    handler = small.ENTRY + unit.symbols["breakpoint"]
    gate = GateDescriptor(offset=handler, selector=CODE64, present=True)
    table = bytes(size - GateDescriptor.size) + bytes(gate.build())
    return small.kernel(unit.link(small.ENTRY, {"idt": idt}.__getitem__) + table)
