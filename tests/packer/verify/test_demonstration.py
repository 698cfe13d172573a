"""The demonstration's kernel has no findings; what is proved of it is what is there."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Call
from packer.checks import QUICK
from packer.checks.code import CHECKS
from packer.checks.result import Result
from tests.packer.verify.images import demonstration, followed


def result(name: str) -> Result:
    (check,) = (check for check in CHECKS if check.__module__.endswith(f".{name}"))
    return check(followed())


@pytest.mark.parametrize("check", QUICK)
def test_quick_checks_find_nothing(check: object) -> None:
    assert callable(check)
    assert check(demonstration()).problems == []


@pytest.mark.parametrize("name", [check.__module__.rpartition(".")[2] for check in CHECKS])
def test_checks_of_code_find_nothing(name: str) -> None:
    assert list(result(name).problems) == []


def test_every_claim_is_needed() -> None:
    for check in CHECKS:
        check(followed())
    assert list(followed().claimed.unused()) == []


def test_code_is_instructions_to_its_last_byte() -> None:
    found = result("every_byte").figures
    assert found["bytes"] == found["code"] > 20_000


def test_every_call_has_a_bound() -> None:
    rows = {str(row["way in"]) for row in result("instructions").rows}
    named = {f"SYSCALL {call.name}" for call in Call}
    ways = {"start-up", "SYSCALL, fast", "SYSCALL, 32-bit", "NMI", "#DB", "#DF", "#MC"}
    assert named | ways <= rows


def test_every_stack_is_among_those_that_are_used() -> None:
    stacks = {row["stack"] for row in result("stacks").rows}
    own = ("kernel", "nmi", "debug", "double_fault", "machine_check", "panic")
    assert {f"{name}_stack" for name in own} <= stacks


def test_an_nmi_takes_the_processors_frame_and_two_words() -> None:
    """Five quadwords that the processor pushes (SDM 3, 64-Bit Mode Stack Frame), and the stub's."""
    used = {row["way in"]: row["bytes"] for row in result("stacks").rows}
    assert used["NMI"] == 5 * 8 + 2 * 8


def test_the_call_table_is_resolved_from_its_bytes() -> None:
    rows = {row["table"]: row for row in result("indirect").rows}
    assert len(str(rows["call_table"]["targets"]).split(", ")) == len(Call)
