"""kpack explain-error: its text, its list, its JSON, and what it says of a code that is none."""

from __future__ import annotations

import json

import pytest

from packer.cli.exits import Exit
from packer.codes import table
from tests.packer.cli.conftest import Kpack

ORG = """\
KP1016: .org goes back

The unit already has more bytes than the offset to which .org should move.

For example:
    .quad 1
    .org 4

What to do: Shorten what stands before it, or raise the offset.
"""


@pytest.mark.parametrize("word", ["KP1016", "kp1016", "1016", "error[KP1016]:"])
def test_a_code_is_explained_however_it_is_copied(kpack: Kpack, word: str) -> None:
    assert kpack("explain-error", word) == (Exit.OK, ORG, "")


def test_without_a_code_each_has_one_line(kpack: Kpack) -> None:
    lines = kpack("explain-error").out.splitlines()
    assert lines == [f"{code}  {entry.title}" for code, entry in table().items()]
    assert lines == sorted(lines)
    assert "KP4104  reset or triple fault" in lines


def test_json_has_the_same_fields(kpack: Kpack) -> None:
    (entry,) = json.loads(kpack("explain-error", "KP1016", "--json").out)["codes"]
    assert entry == {
        "code": "KP1016",
        "title": ".org goes back",
        "means": "The unit already has more bytes than the offset to which .org should move.",
        "example": ".quad 1\n.org 4",
        "do": "Shorten what stands before it, or raise the offset.",
    }
    assert len(json.loads(kpack("explain-error", "--json").out)["codes"]) == len(table())


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("KP4107", "there is no error code KP4107; the nearest are KP4103, KP4104, KP4105\n"),
        ("KP0123", "there is no error code KP0123; the nearest are KP0001, KP1001, KP1002\n"),
        ("overlap", "overlap is no error code; one is written like KP4001\n"),
    ],
)
def test_no_code_names_the_nearest(kpack: Kpack, word: str, expected: str) -> None:
    said = kpack("explain-error", word)
    assert said.status == Exit.USAGE
    assert said.err.endswith(expected)


def test_help_mentions_it(kpack: Kpack) -> None:
    assert "kpack explain-error KP4001" in " ".join(kpack("--help").out.split())
