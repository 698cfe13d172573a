"""Guests that pass, fail, hang and fault: each is judged as what it is, and QEMU ends."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from packer.machine.outcome import Outcome, Status
from packer.machine.qemu import MICROVM, PC, PC_IDE, Launch, Machine
from packer.machine.run import Company, run
from tests.packer.machine import guests

pytestmark = pytest.mark.boot

Boot = Callable[..., Outcome]
PASSING = guests.MARKER + "\n"


@pytest.fixture
def boot(tmp_path: Path) -> Boot:
    def boot(
        data: bytes, machine: Machine, launch: Launch | None = None, timeout: float = 20.0
    ) -> Outcome:
        image = guests.write(tmp_path, "guest, image", data)
        return run(image, machine, launch, timeout=timeout)

    return boot


def test_marker_and_code_pass_on_microvm(boot: Boot) -> None:
    outcome = boot(guests.kernel(guests.say32(PASSING) + guests.end(0x31)), MICROVM)
    assert (outcome.status, outcome.exit_code) == (Status.PASSED, 99)
    assert outcome.serial == PASSING


@pytest.mark.parametrize("machine", [PC, PC_IDE], ids=lambda machine: machine.name)
def test_marker_and_code_pass_from_a_disk_of_one_sector(boot: Boot, machine: Machine) -> None:
    outcome = boot(guests.sector(guests.say16(PASSING) + guests.end(0x31)), machine)
    assert (outcome.status, outcome.exit_code) == (Status.PASSED, 99)


def test_a_kernel_passes_on_pc_too(boot: Boot) -> None:
    assert boot(guests.kernel(guests.say32(PASSING) + guests.end(0x31)), PC).passed


def test_under_icount_the_time_stamp_counts_instructions(boot: Boot) -> None:
    """rdtsc; mov ecx, eax; 100 nops; rdtsc; sub eax, ecx; then out dx, al: 102 is a small f."""
    code = bytes.fromhex("0f31 89c1") + b"\x90" * 100 + bytes.fromhex("0f31 29c8 66baf803 ee")
    data = guests.kernel(code + guests.say32("\n" + PASSING) + guests.end(0x31))
    outcome = boot(data, MICROVM, Launch(icount=True))
    assert outcome.passed
    assert outcome.serial == f"f\n{PASSING}"


def test_a_code_without_the_marker_is_no_pass(boot: Boot) -> None:
    outcome = boot(guests.kernel(guests.say32("hello\n") + guests.end(0x31)), MICROVM)
    assert (outcome.status, outcome.exit_code) == (Status.FAILED, 99)
    assert "the line 'kpack: demonstration passed' is missing" in outcome.reason


def test_a_marker_inside_a_line_is_no_marker(boot: Boot) -> None:
    outcome = boot(guests.kernel(guests.say32("not " + PASSING) + guests.end(0x31)), MICROVM)
    assert outcome.status is Status.FAILED


def test_a_marker_without_the_code_is_no_pass(boot: Boot) -> None:
    outcome = boot(guests.kernel(guests.say32(PASSING) + guests.end(0x20)), MICROVM)
    assert (outcome.status, outcome.exit_code) == (Status.FAILED, 65)
    assert outcome.reason == (
        "the guest printed its marker, but ended with exit status 65; a pass is 99"
    )


def test_a_guest_that_writes_0_is_not_a_broken_qemu(boot: Boot) -> None:
    outcome = boot(guests.kernel(guests.say32("x\n") + guests.end(0)), MICROVM)
    assert (outcome.status, outcome.exit_code) == (Status.FAILED, 1)


def test_a_panic_is_named(boot: Boot) -> None:
    outcome = boot(guests.kernel(guests.say32(PASSING) + guests.end(0x33)), MICROVM)
    assert (outcome.status, outcome.reason) == (
        Status.FAILED,
        "the kernel panicked (exit status 103)",
    )


@pytest.mark.parametrize("end", [guests.HALT, guests.SPIN], ids=["halted", "spinning"])
def test_a_hanging_guest_times_out_with_registers(boot: Boot, end: bytes) -> None:
    outcome = boot(guests.kernel(guests.say32("so far\n") + end), MICROVM, timeout=0.7)
    assert (outcome.status, outcome.exit_code) == (Status.TIMED_OUT, None)
    assert outcome.reason == "the guest gave no code within 0.7 s"
    assert outcome.serial == "so far\n"
    assert "CS =0008" in outcome.registers
    assert "FCW" not in outcome.registers


def test_a_triple_fault_is_explained_with_the_last_registers(boot: Boot) -> None:
    outcome = boot(guests.kernel(guests.say32("x\n") + guests.TRIPLE_FAULT32), MICROVM)
    assert (outcome.status, outcome.exit_code) == (Status.RESET, None)
    assert outcome.reason.startswith("triple fault: an exception could not be delivered")
    # Where ud2 is: the headers, the note, say32("x\n") and lidt lie before it.
    assert f"EIP={0x100000 + 176 + 20 + 10 + 7:08x}" in outcome.registers
    assert outcome.serial == "x\n"
    assert outcome.errors == ""


def test_a_reset_is_no_triple_fault(boot: Boot) -> None:
    outcome = boot(guests.sector(guests.say16("x\n") + guests.RESET16), PC)
    assert (outcome.status, outcome.reason) == (
        Status.RESET,
        "the guest reset the machine and gave no code",
    )
    assert "CS =0000" in outcome.registers


def test_a_machine_that_stays_shows_its_screen_after_its_code(boot: Boot) -> None:
    code = guests.show16("Hi, \x01") + guests.say16(PASSING) + guests.end(0x31)
    outcome = boot(guests.sector(code), PC, Launch(stay=True))
    assert (outcome.status, outcome.exit_code) == (Status.PASSED, 99)
    assert len(outcome.screen) == 25
    assert outcome.screen[0].startswith("Hi, ☺")


def test_a_machine_that_stays_is_judged_by_code_and_marker_too(boot: Boot) -> None:
    panicked = boot(guests.sector(guests.say16(PASSING) + guests.end(0x33)), PC, Launch(stay=True))
    assert (panicked.status, panicked.exit_code) == (Status.FAILED, 103)
    silent = boot(guests.kernel(guests.end(0x31)), MICROVM, Launch(stay=True))
    assert (silent.status, silent.exit_code, silent.screen) == (Status.FAILED, 99, [])


def test_with_a_person_a_guest_that_passed_goes_on_until_it_ends_the_machine(boot: Boot) -> None:
    code = guests.say32(PASSING) + guests.out(0xF4, 0x31) + guests.say32("on\n")
    code += guests.out(0xF8, 0x31) + guests.HALT
    outcome = boot(guests.kernel(code), MICROVM, Launch(person=True))
    assert (outcome.status, outcome.exit_code) == (Status.PASSED, 99)
    assert outcome.serial == f"{PASSING}on\n"


def test_with_a_person_a_guest_that_fails_ends(boot: Boot) -> None:
    code = guests.say32(PASSING) + guests.out(0xF4, 0x31) + guests.end(0x33)
    outcome = boot(guests.kernel(code), MICROVM, Launch(person=True))
    assert (outcome.status, outcome.exit_code) == (Status.FAILED, 103)


def test_a_person_who_has_enough_ends_the_machine(tmp_path: Path) -> None:
    image = guests.write(tmp_path, "image", guests.kernel(guests.say32("x") + guests.SPIN))
    shown = bytearray()
    company = Company(show=shown.extend, enough=lambda: bool(shown))
    outcome = run(image, MICROVM, Launch(person=True), timeout=20.0, company=company)
    assert (outcome.status, outcome.serial) == (Status.ENDED, "x")
    assert not guests.running_with(image)


def test_qemu_that_refuses_is_quoted(boot: Boot) -> None:
    outcome = boot(guests.kernel(guests.HALT), MICROVM, Launch(display="none such"))
    assert outcome.status is Status.BROKEN
    assert outcome.errors.startswith("qemu-system-x86_64: ")


def test_nothing_is_left_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    image = guests.write(tmp_path, "image", guests.kernel(guests.SPIN))
    outcome = run(image, MICROVM, timeout=0.3)
    assert outcome.registers, "the socket was there"
    assert os.listdir(tmp_path) == ["image"]
    assert not guests.running_with(image)


def test_an_interrupted_run_ends_qemu(tmp_path: Path) -> None:
    image = guests.write(tmp_path, "image", guests.kernel(guests.say32("x") + guests.SPIN))
    seen = []

    def interrupt(data: bytes) -> None:
        seen.append(guests.running_with(image))
        raise KeyboardInterrupt

    keyboard, other_end = os.pipe()
    try:
        with pytest.raises(KeyboardInterrupt):
            run(image, MICROVM, company=Company(show=interrupt, keyboard=keyboard))
    finally:
        os.close(keyboard)
        os.close(other_end)
    assert seen == [True]
    assert not guests.running_with(image)


def test_what_a_person_types_reaches_the_guest(tmp_path: Path) -> None:
    """The guest waits for a byte (in al, 0x3fd; test al, 1; jz), then sends it back and ends."""
    wait = bytes.fromhex("66bafd03 ec a801 74fb 66baf803 ec ee")
    code = wait + guests.say32("\n" + PASSING) + guests.end(0x31)
    image = guests.write(tmp_path, "image", guests.kernel(code))
    shown = bytearray()
    keyboard, typing = os.pipe()
    os.write(typing, b"k")
    os.close(typing)
    try:
        company = Company(show=shown.extend, keyboard=keyboard)
        outcome = run(image, MICROVM, timeout=20.0, company=company)
    finally:
        os.close(keyboard)
    assert outcome.passed
    assert shown.decode() == f"k\n{PASSING}"
