"""kpack verify: of a manifest, of a file, and of files that are not what was built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from packer.cli.exits import Exit
from tests.packer.cli.conftest import Kpack
from tests.packer.cli.sources import manifest

CHECKS = [
    *("last page", "write or execute", "kernel half", "gates", "interrupt stacks", "every byte"),
    *("privileged", "indirect", "stacks", "instructions", "registers", "CR4", "claims"),
    "boot code",
]


def small() -> None:
    Path("kpack.toml").write_text(manifest("one.asm"), encoding="utf-8")
    Path("one.asm").write_text("one:\n    jmp one\n", encoding="utf-8")


def test_a_manifest_is_verified_without_files(kpack: Kpack) -> None:
    small()
    said = kpack("verify", "--json")
    checks = json.loads(said.out)["checks"]
    assert said.status == Exit.OK
    assert [check["check"] for check in checks] == CHECKS
    assert all(check["holds"] for check in checks)
    assert not Path("build").exists()


def test_the_debug_build_is_verified_too(kpack: Kpack) -> None:
    small()
    assert kpack("verify", "--debug").status == Exit.OK


def test_every_file_of_a_build_is_verified_from_its_own_bytes(kpack: Kpack) -> None:
    Path("kpack.toml").write_text(
        manifest("one.asm").replace('["pvh"]', '["pvh", "bios"]'), encoding="utf-8"
    )
    Path("one.asm").write_text("one:\n    jmp one\n", encoding="utf-8")
    assert kpack("build").status == Exit.OK
    Path("kpack.toml").unlink()
    Path("one.asm").unlink()
    for name in ("small.pvh.elf", "small.bios.img"):
        said = kpack("verify", f"build/{name}", "--json")
        checks = json.loads(said.out)["checks"]
        assert said.status == Exit.OK
        assert [check["check"] for check in checks] == ["kernel bytes", *CHECKS]
        assert checks[0]["figures"]["bytes"] > 0x8000


def test_the_report_names_each_check_and_its_tables(kpack: Kpack) -> None:
    small()
    said = kpack("verify", "-v")
    assert said.err == ""
    for word in (*CHECKS, "SYSCALL", "kernel_stack", "LSTAR", "call_table"):
        assert word.split()[0] in said.out


@pytest.mark.parametrize("name", ["small.pvh.elf", "small.map"])
def test_a_file_or_map_with_a_flipped_bit_is_refused(kpack: Kpack, name: str) -> None:
    small()
    kpack("build")
    path = Path("build") / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    said = kpack("verify", "build/small.pvh.elf")
    assert said.status == Exit.SOURCE
    assert ("KP2504" if name.endswith("elf") else "KP2502") in said.err
    assert said.out == ""


def test_a_file_without_a_map_is_refused(kpack: Kpack) -> None:
    Path("stray").write_bytes(b"nothing of ours")
    said = kpack("verify", "stray")
    assert said.status == Exit.SOURCE
    assert "stray: error[KP2505]: has no map" in said.err


def test_findings_make_the_status(kpack: Kpack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packer.checks.instructions.MOST", 5)
    monkeypatch.setattr("packer.flow.claimed._by_label", lambda claims, kind: {})
    small()
    said = kpack("verify")
    assert said.status == Exit.CHECK_FAILED
    assert "error[KP2338]" in said.err
    assert "wrong" in said.out
