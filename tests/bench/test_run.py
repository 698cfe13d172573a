"""kpack bench: suites by name, one document, and the gate."""

from __future__ import annotations

import json

import pytest

from bench.baseline import compare
from bench.figures import Figure
from bench.run import SUITES, host
from packer.cli.exits import Exit
from packer.cli.main import status
from tests.bench.test_ipc import OPERATIONS


@pytest.fixture(autouse=True)
def no_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packer.cli.main._unwind_on_signals", lambda: None)


@pytest.mark.boot
def test_the_host_is_described() -> None:
    described = host()
    assert described["accelerator"] == "tcg"
    assert described["qemu"].count(".") >= 1
    assert described["load"] >= 0
    json.dumps(described)


@pytest.mark.boot
def test_kpack_bench(capsys: pytest.CaptureFixture[str]) -> None:
    assert SUITES == ("ipc", "boot", "build")
    assert status(["bench", "ipc", "--json", "--runs", "1"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    names = [result["name"] for result in document["results"]]
    assert names[: len(OPERATIONS)] == OPERATIONS


@pytest.mark.boot
def test_the_gate_closes_when_a_count_rises(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.run.measure", lambda *_: [Figure("a", "instructions", [11])])
    monkeypatch.setattr("bench.baseline.read", lambda qemu: {"a": 10})
    assert status(["bench", "ipc"]) == Exit.OK
    assert status(["bench", "ipc", "--gate"]) == Exit.CHECK_FAILED
    said = capsys.readouterr().err
    assert "kpack: a rose from 10 to 11 instructions" in said
    assert "bench/baseline.json, which belongs in the same commit" in said
    monkeypatch.setattr("bench.baseline.read", lambda qemu: {"a": 11})
    assert status(["bench", "ipc", "--gate"]) == Exit.OK
    assert compare([Figure("a", "instructions", [11])], {"a": 11}).lines() == []
