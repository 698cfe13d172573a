"""The frame allocator, called in the kernel itself: what it hands out, and in what state."""

from __future__ import annotations

import dataclasses

import pytest

from kobjects.firmware.e820 import E820Type
from kobjects.kernel.addresses import Kernel, Page
from packer.machine.outcome import Outcome
from stages.boot.stage import STAGE as BOOT
from stages.model import Assembly, System
from tests.stages.company import START, last
from tests.stages.harness import GUESTS, boot, passed, system, words

LEAVE = "    jmp     enter_tasks\n"
MACHINES = {"pvh": 9, "bios": 16, "pvh_large": 64}
"""MiB of memory of each machine; little is exhausted at once."""


def with_frame_test() -> System:
    """The kernel, but where it would enter ring 3 it calls `frame_test` of guests/frames.asm."""
    (entry,) = (part for part in BOOT.code if part.path.name == "entry.asm")
    text = entry.text()
    assert text.count(LEAVE) == 1
    text = text.replace(LEAVE, f"    call    frame_test\n{LEAVE}")
    code = [
        Assembly(part.path, generate=lambda: text) if part is entry else part for part in BOOT.code
    ]
    stage = dataclasses.replace(BOOT, code=[*code, Assembly(GUESTS / "frames.asm")])
    of = system(START + last())
    stages = [stage if each is BOOT else each for each in of.stages]
    return dataclasses.replace(of, stages=stages)


@pytest.fixture(scope="module", params=MACHINES)
def outcome(request: pytest.FixtureRequest) -> Outcome:
    target = request.param.removesuffix("_large")
    return passed(boot(with_frame_test(), target=target, memory=MACHINES[request.param]))


def one(outcome: Outcome, key: str) -> list[int]:
    (line,) = words(outcome, key)
    return line


def usable(outcome: Outcome) -> set[int]:
    """Every frame that may be handed out: whole pages of RAM behind the image."""
    (end,) = one(outcome, "image")
    frames: set[int] = set()
    for base, length, kind in words(outcome, "range"):
        if kind == E820Type.RAM:
            first = -(-base // Page.SIZE) * Page.SIZE
            last = (base + length) // Page.SIZE * Page.SIZE
            frames |= set(range(max(first, end), last, Page.SIZE))
    assert frames
    assert min(frames) > Kernel.PHYSICAL
    return frames


@pytest.mark.boot
def test_fresh_frames_are_different_and_usable(outcome: Outcome) -> None:
    fresh = one(outcome, "fresh")
    assert len(set(fresh)) == 3
    assert set(fresh) <= usable(outcome)


@pytest.mark.boot
def test_the_last_freed_is_the_first_used_again(outcome: Outcome) -> None:
    assert one(outcome, "again") == one(outcome, "fresh")[::-1]


@pytest.mark.boot
def test_a_used_frame_is_zero_again(outcome: Outcome) -> None:
    assert one(outcome, "words") == [0]


@pytest.mark.boot
def test_every_usable_frame_is_handed_out_once_and_then_none(outcome: Outcome) -> None:
    """The second time they all come from the list of freed ones."""
    expected = usable(outcome)
    every = list(words(outcome, "all"))
    assert len(every) == 2
    for count, total, bits, after in every:
        assert count == len(expected)
        assert total == sum(expected)
        assert bits % Page.SIZE == 0
        assert after == 0
    assert list(words(outcome, "walked")) == [[len(expected)]] * 2


@pytest.mark.boot
def test_the_count_follows(outcome: Outcome) -> None:
    count = len(usable(outcome))
    assert list(words(outcome, "used")) == [[3], [count], [0], [count], [0]]


@pytest.mark.boot
def test_the_kernel_reports_as_many(outcome: Outcome) -> None:
    assert f"memory      {len(usable(outcome))} frames" in outcome.serial
