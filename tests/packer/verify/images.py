"""The demonstration's kernel, whole and with single bytes changed; and kernels of a few lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import stages
from packer.asm.instructions import Instruction, decode
from packer.build import build
from packer.checks.result import Result
from packer.errors import Problem
from packer.flow.kernel import Kernel
from packer.image import Image
from packer.link import link
from packer.manifest import load
from packer.parts import KERNEL_WINDOW, gather
from packer.placement import place
from packer.subject import CodeUnit, Subject
from stages.claims import Claim
from stages.model import Region
from tests.packer import tiny

DEMONSTRATION = Path(stages.__file__).parent / "user" / "demonstration.toml"


@cache
def demonstration() -> Subject:
    return Subject.of(built())


@cache
def built() -> Image:
    return build(load(DEMONSTRATION).system)


def kernel(subject: Subject) -> Kernel:
    assert subject.text is not None
    return Kernel(subject, subject.text)


@cache
def followed() -> Kernel:
    """The demonstration's kernel as it is: shared by tests that only look."""
    return kernel(demonstration())


def small(code: str, *claims: Claim, text: str = "", regions: Sequence[Region] = ()) -> Subject:
    """A kernel of these lines, which begin at kernel_entry, with a stack of its own."""
    stage = tiny.stage(code=code, regions=regions)
    if text:
        stage = replace(stage, code=[stage.code[0], replace(stage.code[1], generate=lambda: text)])
    parts = gather(tiny.system(replace(stage, claims=claims)))
    return Subject.of(link(parts, place(parts.pieces(), KERNEL_WINDOW)))


def find(subject: Subject, label: str, text: str) -> Instruction:
    """The first instruction behind a label that capstone writes so."""
    unit = subject.text
    assert unit is not None
    address = unit.labels[label]
    while True:
        code = decode(unit.code, address - unit.address, address)
        assert code is not None
        if code.text == text:
            return code
        assert code.address < unit.labels[label] + 0x400, f"no `{text}` behind {label}"
        address = code.end


def changed(subject: Subject, address: int, data: bytes | str) -> Subject:
    """The subject with these bytes, or hexadecimal digits, at a virtual address."""
    given = bytes.fromhex(data) if isinstance(data, str) else data
    load_ = bytearray(subject.load)
    start = address - subject.window.base - subject.window.start
    load_[start : start + len(given)] = given
    whole = bytes(load_)

    def unit(old: CodeUnit | None) -> CodeUnit | None:
        if old is None:
            return None
        at = old.address - subject.window.base - subject.window.start
        return replace(old, code=whole[at : at + len(old.code)])

    return replace(subject, load=whole, text=unit(subject.text), constants=unit(subject.constants))


def texts(problems: Iterable[Problem]) -> list[str]:
    """First lines: place, code and text."""
    return [str(problem).splitlines()[0] for problem in problems]


def unnumbered(problems: Iterable[Problem]) -> list[str]:
    """The first lines, without the lines of sources, which change with every comment."""
    return [re.sub(r"(\.asm):\d+", r"\1", text) for text in texts(problems)]


def codes(problems: Iterable[Problem]) -> list[str]:
    return [problem.code for problem in problems]


def patched(label: str, old: str, new: str) -> Kernel:
    """The kernel with other bytes, in hexadecimal, in the place of an instruction."""
    subject = demonstration()
    return kernel(changed(subject, find(subject, label, old).address, new))


def without(kind: type, label: str) -> Kernel:
    subject = demonstration()
    kept = [c for c in subject.claims if not (isinstance(c, kind) and vars(c)["label"] == label)]
    assert len(kept) == len(subject.claims) - 1
    return kernel(replace(subject, claims=kept))


def found(result: Result, code: str) -> list[str]:
    return [text for text in texts(result.problems) if f"error[{code}]" in text]
