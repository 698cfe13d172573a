"""Two builds are compared, and what differs between them is named."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import packer.reproduce as reproduce
from packer.errors import PackError
from packer.manifest import DEMONSTRATION
from packer.reproduce import TWO, check

EPOCH = "SOURCE_DATE_EPOCH"


def with_epochs(patch: pytest.MonkeyPatch, *epochs: str) -> None:
    """Let the builds differ in what they are told is the time."""
    changed = [
        replace(one, environment={**one.environment, EPOCH: epoch})
        for one, epoch in zip(TWO, epochs, strict=True)
    ]
    patch.setattr(reproduce, "TWO", tuple(changed))


def test_every_file_of_the_demonstration_is_the_same_in_both() -> None:
    names = check(DEMONSTRATION, ["bios", "iso", "uefi"])
    assert names == [
        f"demonstration.{end}" for end in ("bios.img", "iso", "map", "symbols.elf", "uefi.img")
    ]


def test_a_time_that_leaks_is_named_by_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    with_epochs(monkeypatch, "1000000000", "1700000000")
    with pytest.raises(PackError) as raised:
        check(DEMONSTRATION, ["bios", "iso"])
    (problem,) = raised.value.problems
    assert (problem.code, problem.place) == ("KP2601", "demonstration.iso")
    assert problem.text.startswith("two builds differ: 0x")
    assert problem.text.endswith(", primary volume descriptor root.recorded.years")


def test_a_build_that_fails_elsewhere_is_told_with_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_epochs(monkeypatch, "0", "yesterday")
    with pytest.raises(PackError) as raised:
        check(DEMONSTRATION, ["iso"])
    (problem,) = raised.value.problems
    assert problem.code == "KP2602"
    assert "error[KP2211]: SOURCE_DATE_EPOCH is 'yesterday'" in problem.text


def test_a_folder_that_is_too_large_is_not_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reproduce, "LARGEST_PROJECT", 1 << 20)
    (tmp_path / "kpack.toml").write_text("")
    (tmp_path / "film").write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(PackError, match=r"error\[KP2603\]: its folder has more than 1 MiB"):
        check(tmp_path / "kpack.toml", [])


def test_the_clock_is_wrong_for_everything_that_asks() -> None:
    program = (
        "import time, datetime; from packer.reproduce.child import disguise; real = time.time();"
        "disguise(10**7); "
        "print(*[round((t - real) / 1000) for t in (time.time(), time.time_ns() / 10**9,"
        "datetime.datetime.now().timestamp(), datetime.datetime.now(datetime.UTC).timestamp(),"
        "time.mktime(time.localtime()))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={**os.environ, "TZ": "UTC"},
    )  # fmt: skip
    assert done.stdout.split() == ["10000"] * 5
