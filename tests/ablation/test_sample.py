"""A fixed sample of `make ablate` that every run of the tests has time for; and it can fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ablation.survivors import complaints, known, summary
from tests.ablation.trial import CAUGHT, SURVIVED, UNSURE, Verdict

TESTS = ("test_gates.py", "test_system_call_registers.py", "test_memory.py", "test_ipc.py")
SAMPLE = (
    "branch:ipc/lookup.asm:lookup:jnz .done",
    "branch:ipc/lookup.asm:lookup:jne .done",
    "flow:ipc/syscall.asm:syscall_entry:jnz call_of_special:never",
    "fmask.direction@ipc/init.asm",
    "fmask.alignment_check@ipc/init.asm",
    "pagetableentry.user@memory/map.asm",
    "system:memory/light.asm:light_unmap:invlpg [rcx]",
    "zero:ipc/syscall.asm:call_switch:xor r15d, r15d",
    "idt[14].dpl",
    "idt[8].ist",
    "page:window_pt:kernel.text:writable",
    "object_table[0].call_key",
    "thread.TASK.bad_mask",
)


def ablate(root: Path, results: Path, *arguments: str, tests: tuple[str, ...]) -> tuple[int, str]:
    """Exit status, and what was said to standard error."""
    files = [f"tests/stages/{name}" for name in tests]
    command = [sys.executable, "-m", "tests.ablation", *arguments, "--results", str(results)]
    done = subprocess.run(
        [*command, "--tests", *files], cwd=root, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.boot
def test_no_guard_of_the_sample_can_be_left_out(root: Path, tmp_path: Path) -> None:
    status, said = ablate(root, tmp_path / "results", *SAMPLE, tests=TESTS)
    assert (status, said.strip()) == (0, "")
    found = [json.loads(line) for line in (tmp_path / "results").read_text().splitlines()]
    assert sorted(one["name"] for one in found) == sorted(SAMPLE)
    assert {one["verdict"] for one in found} == {CAUGHT}


def test_a_guard_that_no_test_misses_is_told(root: Path, tmp_path: Path) -> None:
    """The tests of the gates know nothing of SMEP."""
    name = "cr4.smep@boot/features.asm"
    status, said = ablate(root, tmp_path / "results", name, tests=("test_gates.py",))
    assert status == 1
    assert said.startswith(f"{name} (not in or r13d, Cr4.smep): 4 tests pass without it; ")


def test_a_name_that_means_no_guard_is_a_usage_error(root: Path, tmp_path: Path) -> None:
    status, said = ablate(root, tmp_path / "results", "fmask.none", tests=("test_gates.py",))
    assert (status, said) == (2, "no guard is called fmask.none\n")


# The list of survivors is exact


LISTED = """
[[survivor]]
reason = "nothing shows it"
guards = ["a", "b"]
"""


def verdict(name: str, what: str) -> Verdict:
    return Verdict(name, "0", what, "" if what == SURVIVED else "test_x", "said", 3)


def told(*verdicts: Verdict, existing: str = "abc") -> list[str]:
    return complaints(verdicts, known(LISTED), frozenset(existing))


def test_known_survivors_and_caught_guards_are_fine() -> None:
    assert told(verdict("a", SURVIVED), verdict("c", CAUGHT)) == []


def test_a_new_survivor_is_wrong() -> None:
    assert told(verdict("c", SURVIVED)) == [
        "c (0): 3 tests pass without it; write one that fails, or list it in survivors.toml with "
        "the reason why none can"
    ]


def test_a_listed_guard_that_is_caught_is_wrong() -> None:
    assert told(verdict("a", CAUGHT)) == [
        "a is listed in survivors.toml as surviving (nothing shows it), but test_x fails without "
        "it; take it off the list"
    ]


def test_a_test_that_fails_anyway_shows_nothing() -> None:
    assert told(verdict("c", UNSURE)) == ["c: test_x fails with it and without: said"]


def test_a_listed_name_that_means_no_guard_is_wrong() -> None:
    assert told(existing="ac") == [
        "b is listed in survivors.toml, but there is no such guard; take it off the list"
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (LISTED.replace('"b"', '"a"'), "a is listed twice: nothing shows it; nothing shows it"),
        (LISTED.replace("nothing shows it", " "), "a is listed without a reason"),
    ],
)
def test_a_list_that_says_nothing_is_refused(text: str, error: str) -> None:
    with pytest.raises(ValueError, match=f"^{error}$"):
        known(text)


def test_the_table_counts_each_kind() -> None:
    verdicts = [
        verdict("branch:a", CAUGHT), verdict("branch:b", SURVIVED), verdict("idt[1].dpl", SURVIVED)
    ]  # fmt: skip
    assert summary(verdicts, {"branch:b": "reason"}) == (
        "kind      guards  caught   known     new\n"
        "branch         2       1       1       0\n"
        "field          1       0       0       1\n"
        "all            3       1       1       1"
    )
