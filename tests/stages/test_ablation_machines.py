"""Machines that lack something: the kernel says so and does without it, or refuses by name.

What the processor has is taken away by QEMU's own options, and by lines in the kernel's way where
QEMU has none.
"""

from __future__ import annotations

import pytest

from kobjects.cpu.apic import LOCAL_APIC_ADDRESS
from kobjects.cpu.control import Cr4
from kobjects.kernel.addresses import Kernel
from packer.machine import qemu
from packer.machine.outcome import Outcome, Status, exit_status
from packer.machine.qemu import Machine
from packer.machine.qmp import Monitor
from stages.model import System
from stages.vectors import DebugExit
from tests.kobjects.dump import Dump
from tests.stages import harness, kernels
from tests.stages.company import START, last, task

pytestmark = pytest.mark.boot

EVERYTHING = ("NX", "PGE", "SMEP", "SMAP", "UMIP")
BITS = {
    "page_global_enable": "PGE", "smep": "SMEP", "smap": "SMAP", "umip": "UMIP",
    "machine_check_enable": "MCE", "os_fxsr": "FXSR",
    "os_xmm_exceptions": "XMM", "os_xsave": "XSAVE",
}  # fmt: skip
"""Bits of CR4 by the features that allow them."""

LACKING = {
    "nothing": ("max", ()),
    "pge": ("max,-pge", ("PGE",)),
    "mce": ("max,-mce", ("MCE",)),
    "smep": ("max,-smep", ("SMEP",)),
    "smap": ("max,-smap", ("SMAP",)),
    "umip": ("max,-umip", ("UMIP",)),
    "xsave": ("max,-xsave", ("XSAVE",)),
    "sse": ("max,-sse", ("FXSR", "XMM", "XSAVE")),
    "leaf 13": ("max,level=7", ("XSAVE",)),
    "leaf 7": ("max,level=6", ("SMEP", "SMAP", "UMIP", "XSAVE")),
    # On Intel's the highest leaf that there is answers for those above: SDM 2, "CPUID". Leaf 4's
    # ECX is the number of the cache's sets, less one, which has UMIP's bit.
    "leaf 5": ("max,level=4,vendor=GenuineIntel", ("SMEP", "SMAP", "UMIP", "XSAVE")),
    "all of them": ("max,-pge,-mce,-smep,-smap,-umip", ("PGE", "MCE", "SMEP", "SMAP", "UMIP")),
}
"""QEMU's processor, and what it lacks."""


def small() -> System:
    """A system that ends as soon as its tasks run."""
    return harness.system(START + last())


def line(outcome: Outcome, stage: str) -> str:
    """What a stage said of itself."""
    (found,) = (each for each in harness.lines(outcome) if each.startswith(f"{stage} "))
    return found[12:]


@pytest.mark.parametrize("name", LACKING)
def test_what_the_processor_lacks_is_left_off(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, missing = LACKING[name]
    harness.changed(monkeypatch, {"-cpu": model})
    registers: list[Cr4] = []

    def ask(monitor: Monitor) -> None:
        dump = Dump(b"", monitor.registers(), [])
        registers.append(Cr4.from_int(dump.register("CR4")))

    outcome = harness.passed(harness.boot(small(), ask=ask))
    has = [feature for feature in EVERYTHING if feature not in missing]
    assert line(outcome, "memory").partition("; ")[2] == " ".join(["W^X", *has])
    on = {feature for bit, feature in BITS.items() if getattr(registers[0], bit)}
    assert on == set(BITS.values()) - set(missing)


@pytest.mark.parametrize(
    ("model", "letter"),
    [("max,-nx", "N"), ("max,-lm", "L"), ("max,xlevel=0x80000000", "L")],
)
def test_a_processor_that_cannot_do_it_is_refused_by_a_letter(
    model: str, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.changed(monkeypatch, {"-cpu": model})
    outcome = harness.boot(small(), timeout=1.0)
    assert outcome.status is Status.TIMED_OUT
    assert outcome.serial == letter


@pytest.mark.parametrize("icount", [True, False])
def test_the_counter_is_told_from_a_clock(icount: bool) -> None:
    """Under icount the time-stamp counter counts instructions; else two loops of equal length, one
    of slow instructions, do not take equally long to the instruction.
    """
    outcome = harness.passed(harness.boot(small(), icount=icount))
    said = "icount on: the TSC counts instructions" if icount else "the TSC counts time"
    assert line(outcome, "interrupts") == f"256 gates, 8259, local APIC timer, {said}"


@pytest.mark.parametrize(
    ("target", "said"),
    [("bios", "BIOS"), ("iso", "BIOS"), ("pvh", "PVH"), ("multiboot", "Multiboot"), ("rom", "ROM")],
)
def test_the_boot_line_names_the_firmwares_protocol(target: str, said: str) -> None:
    outcome = harness.passed(harness.boot(small(), target=target))
    protocol, mode, ranges = line(outcome, "boot").split(", ")
    assert (protocol, mode) == (said, "long mode")
    assert int(ranges.removesuffix(" memory ranges")) > 1


@pytest.mark.parametrize(
    ("machine", "said"),
    [(qemu.MICROVM, "no VGA, COM1 115200 8N1"), (qemu.PC, "VGA text 80x25, COM1 115200 8N1")],
)
def test_the_console_line_says_what_there_is(
    machine: Machine, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, "TARGETS", {"pvh": [machine]})
    outcome = harness.passed(harness.boot(small()))
    assert line(outcome, "console") == said


@pytest.mark.parametrize("vga", [True, False])
def test_without_a_serial_port_the_kernel_starts_and_says_so(
    vga: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends with its code, and where there is a screen it says there what it would have said."""
    machine = qemu.PC if vga else qemu.MICROVM
    monkeypatch.setattr(harness, "TARGETS", {"pvh": [machine]})
    harness.changed(monkeypatch, {"-serial": "none"})
    outcome = harness.boot(small(), ask=lambda monitor: None)
    assert outcome.exit_code == exit_status(DebugExit.PASSED)
    assert outcome.serial == ""
    shown = [each.rstrip() for each in outcome.screen if each.startswith("console ")]
    assert shown == (["console     VGA text 80x25, no COM1"] if vga else [])


WRITE_APIC_BASE = """
    mov     ecx, Msr.APIC_BASE
    rdmsr
    xor     eax, {changed}
    wrmsr
    call    interrupts_init
"""
ELSEWHERE = {
    # CPUID denies an APIC that is off: SDM 3, "Detecting ... Local APIC".
    "ApicBase.enable": "no local APIC, whose timer ends the slices",
    "0x1000": "the local APIC is off, in x2APIC mode or not where it is on reset",
}
"""Bits of IA32_APIC_BASE that the firmware changed. QEMU 7.2 drops those above bit 31."""


@pytest.mark.parametrize("bits", ELSEWHERE)
def test_a_local_apic_that_the_firmware_moved_or_switched_off_is_refused(bits: str) -> None:
    call = "    call    interrupts_init\n"
    of = kernels.patched(small(), "entry.asm", call, WRITE_APIC_BASE.format(changed=bits))
    refused(harness.boot(of), ELSEWHERE[bits])


def test_a_processor_without_a_local_apic_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPUID denies it; QEMU cannot leave it out."""
    harness.changed(monkeypatch, {"-cpu": "max,-apic"})
    refused(harness.boot(small()), "no local APIC, whose timer ends the slices")


REGISTERS = (
    *("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp"),
    *("r8", "r9", "r10", "r11", "r13", "r14", "r15"),
)
"""All but r12, which is where the next stamp goes."""
GARBAGE = "".join(
    f"    mov     {name}, {0xBAD0_BAD0_BAD0_BA00 + number:#x}\n"
    for number, name in enumerate(REGISTERS)
)


@pytest.mark.parametrize("stage", ["features", "console", "interrupts", "memory", "tasks", "ipc"])
def test_no_stage_takes_what_is_in_a_register_for_granted(stage: str) -> None:
    call = f"    call    {stage}_init\n"
    of = kernels.patched(small(), "entry.asm", call, GARBAGE + call)
    outcome = harness.passed(harness.boot(of))
    assert line(outcome, "memory").partition("; ")[2] == " ".join(["W^X", *EVERYTHING])


def test_the_first_instruction_takes_no_register_for_granted() -> None:
    entry = "kernel_entry:\n"
    of = kernels.patched(small(), "entry.asm", entry, f"{entry}{GARBAGE}    mov     r12, rbx\n")
    harness.passed(harness.boot(of))


def test_nothing_of_the_loaders_mapping_is_left() -> None:
    """An address that the loader's page tables map, and that was used by them, is none any more."""
    low = "    mov     ecx, 0x5000\n    mov     rbx, [rcx]\n"
    entry, switched = "kernel_entry:\n", "    call    features_init\n"
    of = kernels.patched(small(), "entry.asm", entry, entry + low)
    outcome = harness.boot(kernels.patched(of, "entry.asm", switched, low + switched))
    assert outcome.exit_code == exit_status(DebugExit.PANIC), outcome.serial


def test_a_local_apic_above_4_gib_is_refused() -> None:
    """QEMU 7.2 drops the upper half of IA32_APIC_BASE, so a line puts it there."""
    read = "    mov     ecx, Msr.APIC_BASE\n    rdmsr\n"
    of = kernels.patched(small(), "devices.asm", read, f"{read}    mov     edx, 1\n")
    refused(harness.boot(of), ELSEWHERE["0x1000"])


def test_of_the_states_that_xsave_knows_none_above_32_is_switched_on() -> None:
    """CPUID's EDX says which there are, such as AMD's bit 62 for LWP; QEMU has none."""
    call = "    call    .enable                     ; leaves ecx = 0\n"
    of = kernels.patched(small(), "fpu.asm", call, f"    mov     edx, 1 << 30\n{call}")
    harness.passed(harness.boot(of))


def test_a_task_priority_that_the_firmware_left_holds_no_timer_off() -> None:
    """The highest there is would: then the spinner's slice never ended."""
    of = harness.system(START + task("spinner", "spinner.asm", 100) + last(100))
    call = "    call    interrupts_init\n"
    left = (
        f"    mov     rcx, {Kernel.DIRECT + LOCAL_APIC_ADDRESS:#x}\n"
        "    mov     dword ptr [rcx + LocalApic.TPR], 0xf0\n"
    )
    of = kernels.patched(of, "entry.asm", call, left + call)
    harness.passed(harness.boot(of))


def test_a_machine_without_memory_above_the_image_is_refused() -> None:
    """Everything that the firmware reports is taken for reserved."""
    of = small()
    call = "    call    memory_init\n"
    none = (
        "    mov     dword ptr [rip + boot_info + BootInfo.memory + E820EntryExtended.type], 2\n"
        "    mov     dword ptr [rip + boot_info + BootInfo.memory_count], 1\n"
    )
    refused(
        harness.boot(kernels.patched(of, "entry.asm", call, none + call)),
        "no usable memory above the kernel",
    )


def refused(outcome: Outcome, reason: str) -> None:
    """The kernel gave up, with this as its last words."""
    assert outcome.exit_code == exit_status(DebugExit.PANIC), outcome.serial
    assert harness.lines(outcome)[-1] == f"kernel panic: {reason}"
