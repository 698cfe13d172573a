"""kpack trace: a line for each event, and the run's own exit status."""

from __future__ import annotations

import json
import re

import pytest

from packer.cli.exits import Exit
from tests.packer.cli.conftest import Kpack

pytestmark = pytest.mark.boot


def test_the_trespassers_fault_is_told_with_its_line(kpack: Kpack) -> None:
    said = kpack("trace", "-t", "pvh")
    assert said.status == 0, said.err
    assert re.search(
        r"^ +\d+  #PF      ring 3  read of 0xffffffff80200000 by ring 3: refused; "
        r"task\.trespasser\.text, trespasser \+ 0x7: .*  \(stages/user/trespasser\.asm:\d+\)$",
        said.out,
        re.M,
    )
    assert "the triple fault" not in said.out


def test_json_has_every_event(kpack: Kpack) -> None:
    said = json.loads(kpack("trace", "-t", "pvh", "--json").out)
    assert said["status"] == "passed"
    (fault,) = [event for event in said["events"] if event["name"] == "#PF"]
    assert (fault["vector"], fault["error"], fault["cpl"]) == (14, 5, 3)
    assert fault["where"]["owner"] == "task.trespasser.text"
    assert [event["number"] for event in said["events"]] == list(range(len(said["events"])))


def test_a_guest_that_resets_has_its_status(kpack: Kpack, tmp_path: object) -> None:
    from pathlib import Path

    from tests.packer.machine import guests

    Path("ud.elf").write_bytes(guests.kernel(b"\x0f\x0b"))
    said = kpack("trace", "ud.elf")
    assert said.status == Exit.RESET
    assert "the triple fault, step by step:" in said.out
    assert "#UD" in said.out
