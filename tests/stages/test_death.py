"""Objects that died, and threads whose end nobody is to be told of.

Nothing can die yet. The image is given objects of a later generation instead, which is what a death
leaves: every capability for them is from before.
"""

from __future__ import annotations

import dataclasses

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Abi, Call, ObjectType, Status
from kobjects.kernel.addresses import User
from kobjects.kernel.object import ObjectHeader, key
from packer.build import build
from packer.image import Image
from stages.tasks.objects import FIRST_GENERATION, inventory
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.table import Result, Row, results, rows_text

pytestmark = pytest.mark.boot

LATER = FIRST_GENERATION + 1
MAP, UNMAP, RECV = (int(call << Abi.NUMBER_SHIFT) for call in (Call.MAP, Call.UNMAP, Call.RECV))
HERE = f"{User.DEVICES + 0x8000:#x}"
LIBRARY = "kpack:user/lib.asm"

DEAD = [
    Row("call", "10", "cap.dead"),
    Row("call.long", "120", "cap.dead"),
    Row("call.ported", "0", "cap.dead_ported"),
    Row("call.no_right", "0", "cap.dead_no_right"),
    Row("map.frame", f"{MAP}", "cap.dead_frame", "cap.self", HERE, "1"),
    Row("map.frame.no_right", f"{MAP}", "cap.dead_frame", "cap.self", HERE, "3"),
    Row("map.space", f"{MAP}", "cap.page", "cap.dead_space", HERE, "1"),
    Row("unmap", f"{UNMAP}", "cap.dead_frame"),
]
OTHERS = {
    Row("wrong_type", "0", "cap.dead_frame"): Status.WRONG_TYPE,
    Row("unmap.nothing", f"{UNMAP}", "cap.page"): Status.BAD_STATE,
    Row("alive", "0", "cap.alive"): Status.OK,
}


def dying(image: Image, *names: tuple[str, str]) -> Image:
    """The image with a later generation of some objects."""
    start = image.symbols.physical("object_table") - image.layout.window.start
    load = bytearray(image.load)
    offsets = inventory(image.system)
    for name in names:
        at = start + offsets[name]
        header = ObjectHeader.parse(load[at : at + ObjectHeader.size])
        assert header.generation == FIRST_GENERATION
        call_key = key(LATER, fast=True) if header.type is ObjectType.ENDPOINT else 0
        later = header.replace(generation=LATER, call_key=call_key)
        load[at : at + ObjectHeader.size] = later.build()
    return dataclasses.replace(image, load=bytes(load))


@pytest.fixture(scope="module")
def seen() -> dict[str, Result]:
    console = endpoint("console")
    text = START.replace("page = {}", "page = {}\ndead = {}")
    text += task("dead", f"archive.asm {LIBRARY}", 150, console=console)
    ported = 'ports = ["0x80-0x80"]'
    text += task("dead_ported", f"archive.asm {LIBRARY}", 150, ported, console=console)
    text += task("alive", f"archive.asm {LIBRARY}", 150, console=console)
    text += task(
        "table", f"table.asm calls.asm {LIBRARY}", 100,
        console=console, dead=endpoint("dead"), dead_ported=endpoint("dead_ported"),
        dead_no_right='{ endpoint = "dead", rights = ["control"] }', alive=endpoint("alive"),
        dead_frame='{ frame = "dead", rights = ["read"] }',
        page='{ frame = "page", rights = ["read"] }',
        self='{ space = "table", rights = ["map"] }',
        dead_space='{ space = "dead", rights = ["map"] }',
    )  # fmt: skip
    rows = rows_text([*DEAD, *OTHERS])
    image = build(harness.with_program(harness.system(text + last()), "table", "rows", rows))
    dead = [("endpoint", "dead"), ("endpoint", "dead_ported"), ("frame", "dead"), ("space", "dead")]
    found = list(results(harness.passed(harness.boot(dying(image, *dead)))))
    return {result.name: result for result in found}


@pytest.mark.parametrize("row", DEAD, ids=[row.name for row in DEAD])
def test_a_capability_of_an_earlier_generation_is_dead(seen: dict[str, Result], row: Row) -> None:
    assert seen[row.name].status is Status.DEAD


@pytest.mark.parametrize(("row", "status"), OTHERS.items(), ids=[row.name for row in OTHERS])
def test_death_is_told_behind_the_type_and_of_nobody_else(
    seen: dict[str, Result], row: Row, status: Status
) -> None:
    assert seen[row.name].status is status


EXIT = f"    mov eax, {int(Call.EXIT << Abi.NUMBER_SHIFT)}\n    syscall\n"
FAULT = ".fault:\n    ud2\n"
ALONE = {
    "exiting": f"    mov rdi, 0xfedcba9876543210\n{EXIT}",
    "faulting": f"fault:\n{FAULT}",
    "bereaved": f"fault:\n{FAULT}",
    "bereaved_exit": f"    mov edi, 5\n{EXIT}",
    "waited_for": f"    mov edi, 1\n    mov eax, {RECV}\n    syscall\nfault:\n{FAULT}",
}
"""Threads without a supervisor, with a dead one, and with one that waits for them."""
WAITING = f"    mov edi, cap.waited_for\n    xor eax, eax\n    syscall\n{EXIT}"


@pytest.fixture(scope="module")
def last_words() -> tuple[Image, list[str]]:
    text = START + task("dead", f"archive.asm {LIBRARY}", 150, console=endpoint("console"))
    supervisors = {"bereaved": "dead", "bereaved_exit": "dead", "waited_for": "waiting"}
    for name in ALONE:
        if name in supervisors:
            named, given = ['supervisor = "told"'], {"told": endpoint(supervisors[name])}
        else:
            named, given = [], {}
        text += task(name, "empty.asm", 100, *named, **given)
    text += task("waiting", "empty.asm", 100, waited_for=endpoint("waited_for"))
    of = harness.system(text + last())
    for name, program in {**ALONE, "waiting": WAITING}.items():
        of = harness.with_program(of, name, name, program)
    image = build(of)
    dead = dying(image, ("endpoint", "dead"))
    return image, harness.lines(harness.passed(harness.boot(dead)))


@pytest.mark.parametrize(("name", "code"), [("exiting", 0xFEDCBA9876543210), ("bereaved_exit", 5)])
def test_the_kernel_says_who_exited(
    last_words: tuple[Image, list[str]], name: str, code: int
) -> None:
    assert last_words[1].count(f"thread {name} exited with {code:016x}") == 1


@pytest.mark.parametrize("name", ["faulting", "bereaved", "waited_for"])
def test_the_kernel_says_who_faulted(last_words: tuple[Image, list[str]], name: str) -> None:
    image, said = last_words
    rip = harness.labels(image, name)["fault.fault"]
    line = f"vector {Vector.UD:d} error {0:016x} at {rip:016x} touching {0:016x}"
    assert said.count(f"thread {name} faulted: {line}") == 1


def test_who_waited_for_the_dead_waits_on(last_words: tuple[Image, list[str]]) -> None:
    """Its server has ended and nobody replies: no other line is the kernel's."""
    said = [line for line in last_words[1] if line.startswith("thread ")]
    assert len(said) == len(ALONE)
