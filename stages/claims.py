"""What a stage's code relies on that its bytes alone do not show, each with its reason.

`kpack verify` proves the rest from the bytes and refuses what is neither proved nor claimed here; a
claim that nothing needs is refused, too. Places are labels: the last one at or before the
instruction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Between:
    """A number that the image holds: of things of `size` bytes from one symbol to another."""

    start: str
    end: str
    size: int


@dataclass(frozen=True)
class Number:
    """A number that the image holds: the dword at a symbol."""

    symbol: str


@dataclass(frozen=True)
class Text:
    """The bytes of the longest text among the constants, its zero included; or `least`, if more."""

    least: int


@dataclass(frozen=True)
class Loop:
    """The instruction at `label` runs at most `most` times for each time that the loop is entered.

    total   `most` counts all of one entry into the kernel, however often the loop is entered
    """

    label: str
    most: int | Between | Number | Text
    why: str
    total: bool = False


@dataclass(frozen=True)
class Worked:
    """Nothing but the work of a `Budget` bounds the loop at `label`: each round spends some."""

    label: str
    why: str


@dataclass(frozen=True)
class Poll:
    """The loop at `label`, whose bound the code shows, waits for a device: it is counted apart."""

    label: str
    why: str


@dataclass(frozen=True)
class Drawing:
    """The function at `label` draws: its instructions and repetitions are counted apart."""

    label: str
    why: str


@dataclass(frozen=True)
class Within:
    """Called from below `caller`, the loop at `label` runs at most `most` times; a function,
    if that is 0, not at all.
    """

    label: str
    caller: str
    most: int
    why: str


@dataclass(frozen=True)
class Once:
    """The function at `label` runs at most once in an entry into the kernel."""

    label: str
    why: str


@dataclass(frozen=True)
class Copy:
    """Each string instruction behind `label` repeats at most `most` times."""

    label: str
    most: int
    why: str


@dataclass(frozen=True)
class Budget:
    """Work that one entry may do: `register` gets `amount` behind `label`, every `sub` of a number
    from it spends some, and it is at most `over` below 0 when the last is done.
    """

    label: str
    register: str
    amount: int
    over: int
    why: str


@dataclass(frozen=True)
class Stack:
    """RSP comes from where the bytes do not show, behind `label`: it has `room` bytes below it."""

    label: str
    room: int
    why: str


@dataclass(frozen=True)
class Index:
    """The index of the indirect jump or call behind `label` is below its table's length."""

    label: str
    why: str


@dataclass(frozen=True)
class Ceiling:
    """The entry `name` may take more instructions than others: `most`."""

    name: str
    most: int
    why: str


@dataclass(frozen=True)
class Privileged:
    """All privileged instructions behind `label`, in order, as mnemonics with control registers'
    names: "mov cr3", "wrmsr".
    """

    label: str
    instructions: Sequence[str]


Claim = (
    Loop | Worked | Poll | Drawing | Within | Once | Copy | Budget | Stack | Index | Ceiling
    | Privileged
)  # fmt: skip
