"""kpack live on a machine at its prompt, against what that machine says of itself."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kobjects.memory.live import QmpSocket
from packer.cli.exits import Exit
from packer.live.attach import attached
from packer.live.drift import drifts
from packer.live.rows import TOPICS, text
from packer.machine.errors import MachineError
from packer.machine.qemu import MICROVM, Launch, command
from packer.machine.session import Session
from tests.packer.cli.conftest import Kpack
from tests.packer.cli.demonstration import Demonstration, at_its_prompt
from tests.packer.machine import guests

pytestmark = pytest.mark.boot


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with at_its_prompt(tmp_path_factory.mktemp("live")) as machine:
        yield machine


def rows(kpack: Kpack, machine: Demonstration, topic: str) -> list[dict[str, object]]:
    said = kpack("live", topic, "--json", "--socket", machine.socket)
    assert said.status == 0, said.err
    found: list[dict[str, object]] = json.loads(said.out)["rows"]
    return found


def test_threads_are_those_that_the_shell_lists(kpack: Kpack, demonstration: Demonstration) -> None:
    listed = demonstration.type("ps")
    told = dict(re.findall(r"^(\w+) +(\w+(?: wait)?) +\d+ ", listed, re.M))
    seen = {str(row["name"]): row for row in rows(kpack, demonstration, "threads")}
    assert {"console", "supervisor", "pong", "counter"} <= seen.keys()
    assert seen["pong"]["state"] == told["pong"] == "receiving"
    priorities = dict(re.findall(r"^(\w+) +\w+(?: wait)? +(\d+) ", listed, re.M))
    for name in ("console", "supervisor", "pong", "ping", "counter", "trespasser"):
        assert seen[name]["base"] == int(priorities[name])


def test_who_waits_for_whom(kpack: Kpack, demonstration: Demonstration) -> None:
    waiting = [row for row in rows(kpack, demonstration, "threads") if row["waits_for"]]
    assert [(row["waits_for"], row["state"]) for row in waiting] == [("console", "reply wait")]


def test_pages_are_those_of_qemus_info_tlb(kpack: Kpack, demonstration: Demonstration) -> None:
    listed = rows(kpack, demonstration, "pages")
    cr3 = {row["cr3"]: row["threads"] for row in rows(kpack, demonstration, "spaces")}
    with QmpSocket(demonstration.socket) as qmp:
        qmp.execute("stop", {})
        said = {
            line: qmp.execute("human-monitor-command", {"command-line": line})
            for line in ("info registers", "info tlb")
        }
        qmp.execute("cont", {})
    now = re.search(r"CR3=([0-9a-f]+)", said["info registers"])
    assert now is not None
    space = cr3[f"{int(now[1], 16) & -4096:#x}"]
    told = {
        int(linear, 16): int(physical, 16)
        for linear, physical, flags in re.findall(
            r"^([0-9a-f]{16}): ([0-9a-f]{16}) (\S{9})", said["info tlb"], re.M
        )
        if flags[-2] == "U"
    }
    ours = {}
    for row in listed:
        if row["space"] == space:
            first, last, physical = (int(str(row[key]), 16) for key in ("from", "to", "physical"))
            for offset in range(0, last - first, 4096):
                ours[first + offset] = physical + offset
    assert told
    assert ours == told


def test_every_capability_that_names_something_alive_is_usable(
    kpack: Kpack, demonstration: Demonstration
) -> None:
    found = rows(kpack, demonstration, "caps")
    calls = [row for row in found if row["space"] == "ping" and row["type"] == "endpoint"]
    assert ("pong", "call") in {(row["names"], row["rights"]) for row in calls}
    assert all(row["usable"] for row in found)


@pytest.mark.parametrize("topic", [*TOPICS, "pages"])
def test_every_topic_shows_columns(
    topic: str,
    kpack: Kpack,
    demonstration: Demonstration,
) -> None:
    said = kpack("live", topic, "--socket", demonstration.socket)
    assert (said.status, said.err) == (0, "")
    assert len(said.out.splitlines()) > 1


def test_the_machine_goes_on_afterwards(demonstration: Demonstration) -> None:
    with attached(demonstration.socket):
        pass
    assert "still here" in demonstration.type("echo still here")


def test_memory_drifts_only_where_it_may(kpack: Kpack, demonstration: Demonstration) -> None:
    said = kpack("live", "drift", "--socket", demonstration.socket)
    assert said.status == 0, said.out
    assert re.search(r"^gdt \(rw-\): 1 of 64 bytes differ\n    tss: ", said.out, re.M), (
        "LTR set busy"
    )
    assert "nothing may write" not in said.out


def test_changed_code_is_an_alarm_by_its_label(demonstration: Demonstration) -> None:
    image = demonstration.image
    at = image.units["kernel.text"].labels()["syscall_entry"] - image.layout.window.base
    at -= image.layout.window.start
    load = image.load[:at] + b"\x90" + image.load[at + 1 :]
    with attached(demonstration.socket) as machine:
        found = {
            one.name: one
            for one in drifts(dataclasses.replace(image, load=load), machine.view.read)
        }
    alarming = [one for one in found.values() if one.alarming]
    assert [(one.name, one.differing) for one in alarming] == [("kernel.text", 1)]
    assert str(alarming[0].changes[0]).startswith("syscall_entry: ")


def test_nobody_listens(tmp_path: Path) -> None:
    words = r"error\[KP4011\]: no machine answers: .*No such file"
    with pytest.raises(MachineError, match=words), attached(tmp_path / "nothing"):
        pass


def test_a_foreign_machine_is_refused(tmp_path: Path, kpack: Kpack) -> None:
    image = guests.write(tmp_path, "other.elf", guests.kernel(guests.HALT))
    socket = tmp_path / "qmp"
    with Session(command(image, MICROVM, Launch(monitor=socket))) as session:
        while not socket.exists():
            session.pump(0.05)
        said = kpack("live", "--socket", socket)
    assert said.status == Exit.TOOL
    assert "error[KP4012]: the machine does not run our kernel, or not yet: " in said.err


def test_columns_are_as_wide_as_their_widest() -> None:
    assert text([{"a": 1, "long": "x"}, {"a": 222, "long": ""}]) == "a    long\n1    x\n222"
    assert text([]) == "(nothing)"
