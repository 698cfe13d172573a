"""Watching a machine: the moment of a byte, and the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import tiny, watch
from bench.suites.boot import MEASURED
from packer.machine.outcome import GuestError, Status
from packer.machine.qemu import MICROVM, Machine
from tests.packer.machine import guests

pytestmark = pytest.mark.boot

WAIT = b"\xb9\0\0\0\x02\x49\x75\xfd"
"""mov ecx, 2000000h; dec ecx; jnz back"""

LARGEST = {"iso": 21 * 2048, "rom": 0x10000}
"""Bytes that a floor may have, where one sector is not enough: 16 of a CD are nobody's, and a ROM
has at least 64 KiB.
"""


@pytest.mark.parametrize(
    ("target", "machine"),
    [(target, machine) for target, machines in MEASURED.items() for machine in machines],
    ids=lambda value: getattr(value, "name", value),
)
def test_the_floor_is_small_and_sends_its_byte(
    target: str, machine: Machine, tmp_path: Path
) -> None:
    image = guests.write(tmp_path, "floor", tiny.image(target, tiny.FLOOR))
    assert image.stat().st_size <= LARGEST.get(target, 512)
    assert 1 < watch.until(image, machine, b"U") < 10_000


def test_the_first_byte_of_the_line_is_what_counts(tmp_path: Path) -> None:
    """Not the word inside a line before, and not the end of the line's start."""

    def milliseconds(name: str, code: bytes) -> float:
        image = guests.write(tmp_path, name, guests.kernel(code + guests.HALT))
        return min(watch.until(image, MICROVM, b"user ") for _ in "123")

    fast = milliseconds("early", guests.say32("user "))
    late = milliseconds("late", guests.say32("kernel user here\n") + WAIT + guests.say32("user "))
    slow = milliseconds("slow", guests.say32("\nuser") + WAIT + guests.say32(" "))
    assert late > fast + 10, "the loop of 33,554,432 rounds was waited for"
    assert slow < late - 5, "the loop between its first byte and its last was not"


def test_a_guest_that_ends_without_the_line_is_an_error(tmp_path: Path) -> None:
    never = guests.write(tmp_path, "never", guests.kernel(guests.say32("x") + guests.end(0x31)))
    expected = "never on microvm: no line that starts with 'user ' came before the guest ended"
    with pytest.raises(GuestError, match=f"^{expected}$") as raised:
        watch.until(never, MICROVM, b"user ")
    assert raised.value.outcome.serial == "x"


def test_a_guest_that_only_waits_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LIMIT", 0.2)
    mute = guests.write(tmp_path, "mute", guests.kernel(guests.HALT))
    with pytest.raises(GuestError, match=r"came within 0\.2 s"):
        watch.until(mute, MICROVM, b"user ")
    with pytest.raises(GuestError, match=r"no code within 0\.2 s") as raised:
        watch.to_the_end(mute, MICROVM, "done")
    assert raised.value.outcome.status is Status.TIMED_OUT


def test_marker_and_code_together_are_a_pass(tmp_path: Path) -> None:
    def image(name: str, text: str, code: int) -> Path:
        return guests.write(tmp_path, name, guests.kernel(guests.say32(text) + guests.end(code)))

    assert watch.to_the_end(image("good", "all\ndone\n", 0x31), MICROVM, "done").serial == (
        "all\ndone\n"
    )
    with pytest.raises(GuestError, match=r"mute on microvm: .*'done' is missing"):
        watch.to_the_end(image("mute", "all\n", 0x31), MICROVM, "done")
    with pytest.raises(GuestError, match="the guest says that it failed"):
        watch.to_the_end(image("bad", "done\n", 0x35), MICROVM, "done")
