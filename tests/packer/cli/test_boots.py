"""kpack run, test and screenshot on real machines: output, exit status, and what is left behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import shlex
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from packer.cli.exits import Exit
from tests.packer.cli.conftest import Kpack
from tests.packer.cli.sources import manifest
from tests.packer.machine import guests

pytestmark = pytest.mark.boot

PASSING = guests.MARKER + "\n"


def guest(name: str, code: bytes) -> str:
    Path(name).write_bytes(guests.kernel(code))
    return name


def test_the_demonstration_runs_without_a_terminal(kpack: Kpack) -> None:
    said = kpack("run")
    assert said.status == 0
    serial, screen, _ = said.out.split("─" * 80 + "\n")
    assert guests.MARKER in serial.splitlines()
    assert guests.MARKER in screen.splitlines()
    assert len(screen.splitlines()) == 25
    command, verdict = said.err.splitlines()
    assert command.startswith("$ ")
    assert "-icount" not in command
    assert verdict.startswith("kpack: passed in ")


def test_the_command_of_a_test_can_be_typed_again(kpack: Kpack) -> None:
    (result,) = json.loads(kpack("test", "--json", "-t", "pvh").out)["results"]
    words = shlex.split(shlex.join(result["command"]))
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == result["exit_code"] == 99
    assert guests.MARKER in done.stdout.splitlines()
    socket = next(word for word in words if word.startswith("unix:"))
    Path(socket.removeprefix("unix:").split(",")[0]).unlink(missing_ok=True)


def test_every_target_passes_on_every_machine(kpack: Kpack) -> None:
    wanted = ("-t", "bios", "-t", "pvh")
    said = kpack("test", *wanted, "--all", "--icount", "--junit", "deep/report.xml")
    assert said.status == 0, said.err
    lines = [line.split(maxsplit=3) for line in said.out.splitlines()]
    assert [(status, where) for status, _, _, where in lines] == [
        ("passed", "bios on pc"),
        ("passed", "bios on pc-ide"),
        ("passed", "bios on q35"),
        ("passed", "pvh on microvm"),
        ("passed", "pvh on pc"),
        ("passed", "pvh on q35"),
    ]
    suite = ElementTree.parse("deep/report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("6", "0")


def test_uefi_passes_on_every_machine_that_has_it(kpack: Kpack) -> None:
    """Without --icount, with which the firmware alone takes half a minute."""
    guests.needs_uefi()
    said = kpack("test", "-t", "uefi", "--all")
    assert said.status == 0, said.err
    lines = [line.split(maxsplit=3) for line in said.out.splitlines()]
    assert [(status, where) for status, _, _, where in lines] == [
        ("passed", "uefi on q35-uefi"),
        ("passed", "uefi on pc-uefi"),
    ]


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        (
            guests.say32(PASSING) + guests.end(0x33),
            Exit.GUEST,
            "error[KP4101]: the kernel panicked",
        ),
        (
            guests.say32("x\n") + guests.end(0x31),
            Exit.GUEST,
            "error[KP4101]: the guest ended as if",
        ),
        (
            guests.say32("x\n") + guests.HALT,
            Exit.TIME_OUT,
            "error[KP4103]: the guest gave no code w",
        ),
        (
            guests.say32("x\n") + guests.TRIPLE_FAULT32,
            Exit.RESET,
            "error[KP4104]: triple fault: an",
        ),
    ],
    ids=["panic", "no marker", "hang", "triple fault"],
)
def test_a_guest_that_fails(kpack: Kpack, code: bytes, status: Exit, expected: str) -> None:
    said = kpack("run", guest("guest.elf", code), "--timeout", "0.7")
    assert said.status == status
    assert f"guest.elf: {expected}" in said.err
    if status in (Exit.TIME_OUT, Exit.RESET):
        assert "registers:\n    CPU#0\n" in said.err


def test_json_says_it_all(kpack: Kpack) -> None:
    said = kpack("run", guest("guest.elf", guests.say32(PASSING) + guests.end(0x33)), "--json")
    document = json.loads(said.out)
    assert said.status == Exit.GUEST
    assert document["schema"] == 1
    assert (document["status"], document["exit_code"]) == ("failed", 103)
    assert document["serial"] == PASSING
    assert "the guest's last lines:\n    kpack: demonstration passed" in said.err


def test_a_failed_test_says_where_the_processor_was(kpack: Kpack) -> None:
    Path("kpack.toml").write_text(manifest("one.asm"), encoding="utf-8")
    Path("one.asm").write_text("one:\n    nop\n.again:\n    jmp .again\n", encoding="utf-8")
    said = kpack("test", "--timeout", "1.5", "--junit", "report.xml")
    assert said.status == Exit.TIME_OUT
    assert said.out.startswith("timed out")
    assert "pvh on microvm: error[KP4103]: the guest gave no code within 1.5 s" in said.err
    assert "the guest's last lines:\n    boot        PVH, long mode" in said.err
    assert "\nregisters in task.one.text, one.again + 0x0:\n    CPU#0\n" in said.err
    failure = ElementTree.parse("report.xml").getroot().find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "the guest gave no code within 1.5 s"


def test_a_picture_of_the_demonstration(kpack: Kpack) -> None:
    said = kpack("screenshot", "-t", "pvh", "-o", "deep/picture.png")
    assert (said.status, said.out) == (0, "deep/picture.png\n")
    assert Path("deep/picture.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_of_a_guest_that_hangs(kpack: Kpack) -> None:
    Path("guest.img").write_bytes(guests.sector(guests.show16("!") + guests.SPIN))
    said = kpack("screenshot", "guest.img", "--timeout", "0.7")
    assert said.status == Exit.TIME_OUT
    assert Path("screenshot.png").exists()


def test_at_a_terminal_keys_reach_the_guest_and_ctrl_c_ends(tmp_path: Path, root: Path) -> None:
    """The guest echoes what it receives, for ever."""
    wait = bytes.fromhex("66bafd03 ec a801 74fb 66baf803 ec ee")
    echo = wait + b"\xeb" + bytes([256 - len(wait) - 2])
    image = guests.write(tmp_path, "guest", guests.kernel(guests.say32("up") + echo))
    with at_a_terminal(root, "run", str(image)) as (kpack, person):
        assert read_until(person, b"up") == b"up"
        os.write(person, b"k")
        assert read_until(person, b"k") == b"k"
        os.write(person, b"\x03")
        assert kpack.wait(10) == 0
        assert kpack.stderr
        assert kpack.stderr.read().endswith(b"\nkpack: ended\n")
        assert not guests.running_with(image)


def test_at_a_terminal_the_demonstrations_shell_answers_until_exit(
    tmp_path: Path, root: Path
) -> None:
    with at_a_terminal(root, "run", "-o", str(tmp_path)) as (kpack, person):
        before = read_until(person, b"kpack> ")
        assert guests.MARKER.encode() in before.splitlines()
        os.write(person, b"echo hello\r")
        after = read_until(person, b"kpack> ")
        assert b"".join(after.split()) == b"echohellohellokpack>"
        os.write(person, b"exit\r")
        assert kpack.wait(10) == 0
        assert kpack.stderr
        assert kpack.stderr.read().splitlines()[-1].startswith(b"kpack: passed in ")


@contextlib.contextmanager
def at_a_terminal(root: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """kpack at a terminal of its own, and what a person there has in hand: keys in, text out."""
    person, terminal = pty.openpty()
    kpack = subprocess.Popen(
        [sys.executable, "-m", "packer.cli", *words],
        cwd=root,
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(terminal)
    try:
        yield kpack, person
    finally:
        kpack.kill()
        os.close(person)


def take_terminal() -> None:
    """Make standard input the terminal whose Ctrl-C interrupts this process."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read_until(descriptor: int, wanted: bytes) -> bytes:
    """What comes until the wanted bytes have, within 20 s."""
    found = b""
    end = time.monotonic() + 20
    while wanted not in found and time.monotonic() < end:
        found += os.read(descriptor, 100)
    return found


def test_a_dry_run_prints_the_command_and_starts_nothing(kpack: Kpack) -> None:
    name = guest("halts.elf", guests.HALT)
    said = kpack("run", name, "--dry-run", "--memory", "64")
    assert (said.status, said.err) == (0, "")
    words = shlex.split(said.out)
    assert ("-kernel", name) == tuple(words[words.index("-kernel") :][:2])
    assert "64M" in words


def test_a_dry_run_as_json(kpack: Kpack) -> None:
    said = kpack("run", guest("halts.elf", guests.HALT), "--dry-run", "--json", "--gdb")
    words = json.loads(said.out)["command"]
    assert words[words.index("-gdb") :][:3] == ["-gdb", "tcp:127.0.0.1:1234", "-S"]


def test_instructions_are_counted_in_translation_only(kpack: Kpack) -> None:
    said = kpack("test", "--icount", "--accel", "auto")
    assert said.status == Exit.USAGE
    assert "--icount counts what --accel tcg translates" in said.err
