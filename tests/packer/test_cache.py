"""The cache returns what the assembler would, and never anything older."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from packer import asm, cache
from packer.asm import AsmError, SourceText, Unit

SOURCE = [SourceText("unit.asm", "start:\n    mov eax, LIMIT\n    lea rdi, [rip + elsewhere]\n")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KPACK_CACHE", str(tmp_path / "units"))
    return tmp_path / "units"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One item for each time that the real assembler runs."""
    made: list[int] = []
    real = asm.assemble

    def counted(*given: object, mode: int) -> Unit:
        made.append(mode)
        return real(*given, mode=mode)  # type: ignore[arg-type]

    monkeypatch.setattr(asm, "assemble", counted)
    return made


def test_a_second_time_gives_the_same_unit_without_assembling(
    folder: Path, calls: list[int]
) -> None:
    first = cache.assemble(SOURCE, {"LIMIT": 5})
    second = cache.assemble(SOURCE, {"LIMIT": 5})
    assert first == second == asm.assemble(SOURCE, {"LIMIT": 5}, mode=64)
    assert len(calls) == 2  # the first time, and in the line above
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("sources", "names", "mode"),
    [
        (SOURCE, {"LIMIT": 6}, 64),
        (SOURCE, {"LIMIT": 5, "elsewhere": 1}, 64),
        (SOURCE, {"LIMIT": 5}, 32),
        ([SourceText("other.asm", SOURCE[0].text)], {"LIMIT": 5}, 64),
        ([SourceText("unit.asm", SOURCE[0].text + "    nop\n")], {"LIMIT": 5}, 64),
        ([*SOURCE, SourceText("more.asm", "")], {"LIMIT": 5}, 64),
    ],
    ids=["value", "new name", "mode", "file", "text", "sources"],
)
def test_whatever_the_unit_depends_on_makes_a_new_entry(
    folder: Path,
    calls: list[int],
    sources: list[SourceText],
    names: dict[str, int],
    mode: int,
) -> None:
    cache.assemble(SOURCE, {"LIMIT": 5})
    # Code relative to rip does not exist in 32 bits; that the assembler was asked is enough.
    with contextlib.suppress(AsmError):
        cache.assemble(sources, names, mode=mode)
    assert len(calls) == 2


def test_names_that_no_source_mentions_do_not_matter(folder: Path, calls: list[int]) -> None:
    cache.assemble(SOURCE, {"LIMIT": 5})
    cache.assemble(SOURCE, {"LIMIT": 5, "OTHER": 7})
    assert len(calls) == 1


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff"], ids=["empty", "replaced", "flipped"])
def test_a_damaged_entry_is_made_again(folder: Path, calls: list[int], damage: bytes) -> None:
    unit = cache.assemble(SOURCE, {"LIMIT": 5})
    (entry,) = folder.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(whole[:-1] + damage if damage == b"\xff" else damage)
    assert cache.assemble(SOURCE, {"LIMIT": 5}) == unit
    assert entry.read_bytes() == whole
    assert len(calls) == 2


def test_a_cache_that_cannot_be_written_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: list[int]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("KPACK_CACHE", str(tmp_path / "file"))
    first = cache.assemble(SOURCE, {"LIMIT": 5})
    assert cache.assemble(SOURCE, {"LIMIT": 5}) == first
    assert len(calls) == 2


def test_errors_are_not_kept(folder: Path) -> None:
    for _ in range(2):
        with pytest.raises(AsmError):
            cache.assemble([SourceText("unit.asm", "    bogus eax\n")], {})
    assert not folder.exists()


def test_the_longest_unused_entries_go_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KEEP", 2)
    entries = {}
    for limit in (1, 2, 3):
        before = set(folder.iterdir()) if folder.exists() else set()
        cache.assemble(SOURCE, {"LIMIT": limit})
        (entries[limit],) = set(folder.iterdir()) - before
        os.utime(entries[limit], (limit, limit))
        if limit == 2:
            cache.assemble(SOURCE, {"LIMIT": 1})  # used again, so it stays
    assert set(folder.iterdir()) == {entries[1], entries[3]}


def test_two_builds_at_once_leave_one_whole_entry(folder: Path) -> None:
    program = (
        "from packer import cache; from packer.asm import SourceText;"
        f"cache.assemble([SourceText('a', {'nop' + chr(10)!r} * 50)], {{}})"
    )
    running = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    (entry,) = folder.iterdir()
    assert entry.suffix == ".json"
    assert cache._read(entry) is not None
