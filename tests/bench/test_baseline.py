"""Instruction counts are held to the committed ones; times never are."""

from __future__ import annotations

from pathlib import Path

from bench.baseline import FILE, accept, compare, read
from bench.figures import Figure

BASE = {"same": 10.0, "up": 10.0, "down": 10.0, "absent": 10.0}
NOW = [
    Figure("same", "instructions", [10, 10, 10]),
    Figure("up", "instructions", [10, 11, 11]),
    Figure("down", "instructions", [9]),
    Figure("fresh", "instructions", [1]),
    Figure("up.wall", "ns", [1e9]),
]


def test_what_rose_fell_and_is_new() -> None:
    found = compare(NOW, BASE)
    assert found.risen == [("up", 10, 11)]
    assert found.fallen == [("down", 10, 9)]
    assert found.new == ["fresh"]
    assert found.lines() == [
        "up rose from 10.0 to 11 instructions",
        "down fell from 10.0 to 9 instructions",
        "what raises a count says so: `kpack bench --accept` writes bench/baseline.json, which "
        "belongs in the same commit",
        "no baseline: fresh",
    ]


def test_accepted_counts_are_the_next_baseline(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    assert read("7.2.22", file) == {}
    accept(NOW, "7.2.22", file)
    accept([Figure("up", "instructions", [99])], "10.0.1", file)
    accept([Figure("up", "instructions", [12])], "7.2.30", file)
    assert read("7.2.1", file) == {"same": 10, "up": 12, "down": 9, "fresh": 1}
    assert read("10.0.2", file) == {"up": 99}
    assert not compare(NOW, read("7.2.22", file)).risen


def test_the_committed_baseline_is_as_accept_writes_it(tmp_path: Path) -> None:
    copy = tmp_path / "baseline.json"
    copy.write_bytes(FILE.read_bytes())
    accept([], "7.2", copy)
    assert copy.read_bytes() == FILE.read_bytes()
    assert read("7.2"), "there are counts for Debian 12's QEMU"
