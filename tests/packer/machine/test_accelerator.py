"""Which accelerator is taken: the probe runs where it should, and KVM is asked before its use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from packer.machine import accelerator
from packer.machine.accelerator import Trial, choose, kvm, probe
from packer.machine.errors import MachineError
from packer.machine.outcome import PASSED
from packer.machine.qemu import MICROVM, Launch, command
from tests.packer.machine import guests


@pytest.mark.boot
@pytest.mark.parametrize("cpu", ["max", "qemu64"])
def test_the_probe_passes_on_a_processor_that_works(tmp_path: Path, cpu: str) -> None:
    image = guests.write(tmp_path, "probe.elf", probe())
    words = command(image, MICROVM, Launch(cpu=cpu))
    ended = subprocess.run(words, stdin=subprocess.DEVNULL, timeout=30, check=False)
    assert ended.returncode == PASSED


@pytest.mark.boot
def test_the_probe_fails_where_nobody_handles_the_exception(tmp_path: Path) -> None:
    gates = probe()[: -(accelerator.GATES * 16)] + bytes(accelerator.GATES * 16)
    image = guests.write(tmp_path, "probe.elf", gates)
    words = command(image, MICROVM, Launch())
    ended = subprocess.run(words, stdin=subprocess.DEVNULL, timeout=30, check=False)
    assert ended.returncode == 0  # reset, and no code


def test_tcg_is_taken_without_a_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator, "kvm", pytest.fail)
    assert choose("tcg", "max") == ("tcg", "")


def test_auto_takes_kvm_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator, "kvm", lambda cpu: Trial(True))
    assert choose("auto", "max") == ("kvm", "")


def test_auto_says_why_kvm_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator, "kvm", lambda cpu: Trial(False, "it is tired"))
    assert choose("auto", "max") == ("tcg", "KVM is not used: it is tired")


def test_kvm_that_does_not_work_is_an_error_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accelerator, "kvm", lambda cpu: Trial(False, "it is tired"))
    with pytest.raises(MachineError) as raised:
        choose("kvm", "max")
    assert str(raised.value) == (
        "error[KP4010]: KVM cannot be used here: it is tired\n"
        "help: leave --accel out, or take --accel tcg"
    )


def test_a_host_without_the_device_is_not_asked(tmp_path: Path) -> None:
    device = tmp_path / "kvm"
    assert kvm("max", device) == Trial(False, f"there is no {device}")


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import sys; sys.exit('no such thing')", "no such thing"),
        ("pass", "a small guest that handles an exception in ring 0 was reset"),
        ("import time; time.sleep(60)", "a small guest did not end in it within 0.2 s"),
    ],
    ids=["refused", "reset", "hangs"],
)
def test_a_kvm_of_no_use_is_told_by_what_it_does(
    program: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accelerator, "command", lambda *_: [sys.executable, "-c", program])
    monkeypatch.setattr(accelerator, "PATIENCE", 0.2 if "sleep" in program else 20.0)
    assert kvm(f"cpu of {tmp_path}", tmp_path) == Trial(False, reason)
