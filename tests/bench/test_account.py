"""Accounts: every instruction of a figure and no other; what has risen is said with its place."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bench import baseline
from bench.account import FILE, Account, Step, accept, growth, read
from bench.baseline import compare
from bench.figures import INSTRUCTIONS, Figure
from bench.run import Run, qemu_version
from bench.spans import LOOPS, NAMES, accounts, assembled, take
from bench.suites import ipc
from packer.build import build
from packer.cli.exits import Exit
from packer.cli.main import status
from packer.image import Image
from packer.manifest import load
from tests.stages.kernels import patched

CROSS = "ipc.call.cross.0w"


@pytest.fixture(autouse=True)
def no_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packer.cli.main._unwind_on_signals", lambda: None)


def with_nop() -> Image:
    """The image that measures, whose kernel has one instruction more on the fast path of calls."""
    system = load(ipc.MANIFEST).system
    return build(patched(system, "syscall.asm", "call_commit:\n", "call_commit:\n    nop\n"))


@pytest.mark.boot
def test_an_account_has_what_the_guest_counts(run: Run) -> None:
    """Instruction by instruction from outside, and by the guest's own counter."""
    guests = ipc.guests(run)
    told = [
        figure
        for guest in guests
        for figure in ipc.told(ipc.count(guest.file), INSTRUCTIONS, guest)
    ]
    counted = {figure.full_name: int(figure.median) for figure in told}
    del counted["irq.to_task"]
    (again := run.folder / "again").mkdir()
    taken = accounts(replace(run, folder=again), NAMES)
    assert {one.name: len(one.steps) for one in taken} == counted


@pytest.mark.boot
def test_a_call_goes_where_the_sources_say(run: Run) -> None:
    guest = ipc.assembled(run.folder)
    (one,) = take(guest, [span for span in assembled(guest.image) if span.name == CROSS])
    assert [*one.labels] == [
        "measure: operation_call_0.next",
        "syscall_entry",
        "call_commit",
        "call_switch",
        "call_switch.same_space",
        "pong: pong.serve",
        "not_short_call",
        "reply_commit",
        "reply_commit.same_space",
    ]
    texts = [step.text for step in one.steps]
    assert texts.count("mov cr3, rcx") == 2
    assert texts.count("syscall") == texts.count("sysretq") == 2
    assert one.steps[0].text == "xor eax, eax"
    assert one.steps[-1].text == "jnz .next"
    assert one.steps[3].place.startswith("syscall.asm:")


@pytest.mark.boot
def test_one_more_instruction_closes_the_gate_and_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if CROSS not in read(qemu_version()):
        pytest.skip(f"no accounts for QEMU {qemu_version()}")
    image = with_nop()
    monkeypatch.setattr(ipc, "assembled", lambda folder: ipc.written(image, folder))
    monkeypatch.setattr("bench.compiled.missing", lambda: "not asked for")
    assert status(["bench", "ipc", "--gate", "--runs", "1"]) == Exit.CHECK_FAILED
    lines = capsys.readouterr().err.splitlines()
    was = int(baseline.read(qemu_version())[CROSS])
    assert f"kpack: {CROSS} rose from {was} to {was + 1} instructions" in lines
    line = 1 + (ipc_source("syscall.asm").splitlines().index("call_commit:") + 1)
    place = f"syscall.asm:{line}"
    assert (
        f"kpack: {CROSS}: call_commit grew from 5 to 6 instructions: 1 more nop, {place}" in lines
    )
    assert not [text for text in lines if "sched.yield.solo" in text]


def ipc_source(name: str) -> str:
    stages = load(ipc.MANIFEST).system.stages
    return next(part for stage in stages for part in stage.code if part.path.name == name).text()


def account(*labels: tuple[str, str]) -> Account:
    steps = [Step(label, f"a.asm:{line}", text) for line, (label, text) in enumerate(labels, 1)]
    return Account("a", steps)


def test_what_has_grown() -> None:
    now = account(("x", "mov rax, 1"), ("x", "nop"), ("y", "ret"), ("y", "ret"), ("z", "cli"))
    before = {"x": Counter(mov=1, nop=1), "y": Counter(ret=1), "gone": Counter(mov=9)}
    assert growth(now, before) == [
        "a: y grew from 1 to 2 instructions: 1 more ret, a.asm:3",
        "a: z grew from 0 to 1 instructions: 1 more cli, a.asm:5",
    ]


def test_a_table_for_people() -> None:
    assert account(("x", "mov rax, 1"), ("yy", "ret")).table() == (
        "a\n"
        "label  instructions  from\n"
        "x                 1  a.asm:1\n"
        "yy                1  a.asm:2\n"
        "                  2\n"
        "\n"
        "a.asm:1  mov rax, 1\n"
        "a.asm:2  ret\n"
    )


def test_accepted_accounts_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    assert read("7.2.22", file) == {}
    one = account(("x", "mov rax, 1"), ("x", "rep stosq"), ("x", "mov rcx, rax"))
    accept([one], "7.2.22", file)
    assert read("7.2.1", file) == {"a": {"x": Counter(mov=2, rep=1)}}
    assert read("10.0.1", file) == {}


def test_the_committed_accounts_are_of_the_committed_counts(tmp_path: Path) -> None:
    committed = baseline.read("7.2")
    sums = {
        name: sum(kinds.total() for kinds in labels.values())
        for name, labels in read("7.2").items()
    }
    assert sums.keys() >= LOOPS.keys()
    figures = [Figure(name, INSTRUCTIONS, [total]) for name, total in sums.items()]
    compared = compare(figures, committed)
    assert [compared.risen, compared.fallen, compared.new] == [[], [], []]
    copy = tmp_path / "account.json"
    copy.write_bytes(FILE.read_bytes())
    accept([], "7.2", copy)
    assert copy.read_bytes() == FILE.read_bytes()


@pytest.mark.boot
def test_kpack_bench_account(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["bench", "--account", "syscall.null", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    (one,) = document["accounts"]
    assert (one["name"], one["instructions"]) == ("syscall.null", len(one["steps"]))
    assert one["labels"][0]["label"] == "measure: operation_null.next"
    assert sum(label["instructions"] for label in one["labels"]) == one["instructions"]
    assert one["steps"][-1]["text"] == "jnz .next"


def test_what_has_no_account_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["bench", "--account", "irq.to_task"]) == Exit.USAGE
    assert (
        "there is no account of irq.to_task; there are those of sched." in capsys.readouterr().err
    )
    assert status(["bench", "ipc", "--account", "syscall.null"]) == Exit.USAGE
    assert "leave out suites, --gate and --accept" in capsys.readouterr().err
