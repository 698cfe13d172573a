"""Software-implemented fault injection: bytes of tasks are changed, and nobody else suffers.

Many victims run beside each other, each with one random byte turned over somewhere else. Whatever
they do then, a witness keeps its registers and goes on, two tasks go on calling each other, the
supervisor is told of each victim at most once and of nobody else, and nothing of the kernel is
changed.
"""

from __future__ import annotations

import dataclasses
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from construct import Int64ul

from kobjects.cpu.exceptions import PageFaultError, Vector
from kobjects.kernel.abi import FaultKind
from kobjects.kernel.cpu import Cpu
from kobjects.kernel.frames import Frames
from kobjects.kernel.space import Space
from kobjects.kernel.thread import Thread, ThreadState
from packer.build import build
from packer.image import Image
from packer.machine.qmp import Monitor
from stages.model import Access
from tests.stages import harness
from tests.stages.company import START, endpoint, task

pytestmark = pytest.mark.boot

VICTIMS = 28
FIRST_BADGE = 100
NOTE = 6
"""Words of a note: badge, what and vector, error, rip, address, thread."""
CANONICAL = 1 << 47
VECTORS = {0, 1, 3, 4, 5, 6, 7, 11, 12, 13, 14, 16, 17, 19}
"""Exceptions that an instruction of ring 3 raises (SDM 3, "Exception and Interrupt Reference")."""


class Flip(NamedTuple):
    """Bits to turn over in a byte of a victim's text."""

    offset: int
    bits: int


class Note(NamedTuple):
    """What the supervisor was told."""

    badge: int
    what: int
    error: int
    rip: int
    address: int
    thread: int


@dataclass(frozen=True)
class Ward:
    """A finished boot: the supervisor's page, the witnesses' counts, what the kernel holds."""

    notes: Sequence[Note]
    counts: tuple[int, int]
    threads: dict[str, Thread]
    used: int
    charged: int
    interrupts: int
    changed: list[str]


@pytest.fixture(scope="module")
def image() -> Image:
    """The victims' text is the same in all of them; `flipped` makes the differences."""
    text = START.replace("page = {}", "page = {}\nnotes = {}\ncount = {}")
    notes = '{ frame = "notes", rights = ["read", "write"] }'
    own = '{{ space = "{}", rights = ["map"] }}'
    text += task("coroner", "coroner.asm", 200, notes=notes, self=own.format("coroner"))
    supervised = 'supervisor = "coroner"'
    text += task("echo", "kpack:user/pong.asm", 100, supervised, coroner=endpoint("coroner", 1))
    for badge, name in ((2, "witness"), (3, "caller")):
        more = {"echo": endpoint("echo")} if name == "caller" else {}
        text += task(
            name, f"{name}.asm", 100, supervised, coroner=endpoint("coroner", badge),
            count='{ frame = "count", rights = ["read", "write"] }', self=own.format(name), **more,
        )  # fmt: skip
    for number in range(VICTIMS):
        text += task(
            f"victim{number}", "victim.asm", 100, supervised, echo=endpoint("echo"),
            coroner=endpoint("coroner", FIRST_BADGE + number), self=own.format(f"victim{number}"),
            page='{ frame = "page", rights = ["read", "write"] }',
        )  # fmt: skip
    end = {"console": endpoint("console"), "finish": endpoint("finish")}
    text += task("referee", "referee.asm last.asm kpack:user/lib.asm", 100, **end)
    return build(harness.system(text))


def flips(image: Image, seed: int) -> list[Flip]:
    """One for each victim."""
    chosen = random.Random(seed)
    size = len(image.units["task.victim0.text"].code)
    return [Flip(chosen.randrange(size), chosen.randrange(1, 256)) for _ in range(VICTIMS)]


def flipped(image: Image, chosen: Sequence[Flip]) -> Image:
    load = bytearray(image.load)
    for number, flip in enumerate(chosen):
        start = image.symbols.physical(f"task.victim{number}.text") - image.layout.window.start
        load[start + flip.offset] ^= flip.bits
    return dataclasses.replace(image, load=bytes(load))


def ran(image: Image) -> Ward:
    found: list[Ward] = []

    def ask(monitor: Monitor) -> None:
        words = [
            Int64ul.parse(part) for part in _parts(harness.held(monitor, image, "frame.notes"))
        ]
        notes = [Note(*words[at : at + NOTE]) for at in range(2, 2 + words[0] * NOTE, NOTE)]
        one, other = _parts(harness.held(monitor, image, "frame.count")[:16])
        names = [each.name for each in image.system.tasks]
        spaces = [Space.parse(harness.held(monitor, image, f"space.{name}")) for name in names]
        frames = Frames.parse(harness.held(monitor, image, "frames"))
        ward = Ward(
            notes=notes,
            counts=(Int64ul.parse(one), Int64ul.parse(other)),
            threads={
                name: Thread.parse(harness.held(monitor, image, f"thread.{name}")) for name in names
            },
            used=frames.used,
            charged=sum(space.frames_used for space in spaces),
            interrupts=Cpu.parse(harness.held(monitor, image, "cpu")).interrupts,
            changed=[
                place.name
                for place in image.layout.placements
                if place.access is not Access.DATA or place.name.startswith(("window_", "direct_"))
                if place.loaded
                if harness.held(monitor, image, place.name) != image.contents(place.name)
            ],
        )
        found.append(ward)

    outcome = harness.passed(harness.boot(image, ask=ask))
    assert not [line for line in harness.lines(outcome) if line.startswith("thread ")]
    return found[0]


def _parts(data: bytes) -> list[bytes]:
    return [data[at : at + 8] for at in range(0, len(data), 8)]


def judge(image: Image, ward: Ward) -> None:
    """The verdict common to all flips."""
    victims = {f"victim{number}": FIRST_BADGE + number for number in range(VICTIMS)}
    names = [each.name for each in image.system.tasks]
    told = {note.badge: note for note in ward.notes}
    assert len(told) == len(ward.notes), "each is told of once, and stays stopped"
    assert set(told) <= set(victims.values()), "nobody else is told of"
    for name, badge in victims.items():
        stopped = ward.threads[name].state is ThreadState.STOPPED
        assert stopped is (badge in told), name
    for badge, note in told.items():
        assert names[note.thread] == f"victim{badge - FIRST_BADGE}"
        if note.what == FaultKind.EXIT << 8:
            continue
        assert note.what in VECTORS, "and an exception, not an exit"
        if note.what == Vector.PF:
            error = PageFaultError.from_int(note.error)
            assert error.user, "the access was ring 3's"
            assert note.rip < CANONICAL or (error.instruction_fetch and note.rip == note.address)
        else:
            assert note.rip < CANONICAL or note.what == Vector.GP, "it may have jumped elsewhere"
    assert ward.counts[0] > 0, "the witness looked at its registers, and goes on"
    assert ward.counts[1] > 0, "messages come back as they should"
    assert ward.used == ward.charged, "every frame is somebody's"
    assert ward.interrupts > 0, "slices end"
    assert ward.changed == []


def trial(image: Image, seed: int) -> Sequence[Note]:
    try:
        ward = ran(flipped(image, flips(image, seed)))
        judge(image, ward)
    except AssertionError as error:
        raise AssertionError(f"seed {seed:#x}: {error}") from error
    return ward.notes


def test_without_a_flip_nobody_is_told_of(image: Image) -> None:
    """What the victims do is no fault; and they all come round."""
    ward = ran(image)
    judge(image, ward)
    assert ward.notes == []


@pytest.mark.parametrize("seed", [1, 2])
def test_a_flipped_byte_harms_only_its_task(image: Image, seed: int) -> None:
    notes = trial(image, seed)
    assert len(notes) > VICTIMS // 3, "else the victims hardly ran, and nobody withstood anything"


@pytest.mark.campaign
@pytest.mark.parametrize("number", range(100))
def test_thousands_of_flips_harm_only_their_tasks(image: Image, number: int) -> None:
    trial(image, secrets.randbits(64))
