"""Booting an image and watching it to its end."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packer.machine.outcome import MARKER, Outcome, Status, exit_status, judge
from packer.machine.qemu import Launch, Machine, command
from packer.machine.qmp import Disconnected, Monitor
from packer.machine.screen import read_screen
from packer.machine.session import Session
from stages.vectors import DebugExit

TIMEOUT = 60.0
"""Seconds that a run may take, unless another limit is given."""

POLL = 0.02
"""Seconds between two looks at a machine from which nothing comes."""

TRIPLE_FAULT = (
    "triple fault: an exception could not be delivered, nor could the double fault that came of "
    "it, so the processor gave up"
)
RESET = "the guest reset the machine and gave no code"
ENOUGH = "ended by whoever sat at it"

MESSAGE = re.compile(r"\S*qemu\S*: ")
"""How a message of QEMU begins: with the name of the program."""

OBSERVER = ".live"
"""Of the sockets that are left open for others."""

LONGEST_SOCKET = 100
"""Bytes of a socket's path; the kernel's limit is 108 with the final zero."""


@dataclass(frozen=True)
class Company:
    """Who is there while a machine runs.

    started   is given QEMU's command before it starts
    show      is given the guest's bytes as they come
    keyboard  a file descriptor whose bytes go to the guest
    at_end    may ask the machine once it stands still: after the code of a guest whose machine
              stays, after a reset, after the time-out
    at_reset  may ask the machine where it would have been reset, and is given what QEMU logged
    enough    whether the person wants no more
    observed  whether the machine has a second monitor, which `kpack live` finds
    """

    started: Callable[[list[str]], None] | None = None
    show: Callable[[bytes], None] | None = None
    keyboard: int | None = None
    at_end: Callable[[Monitor], None] | None = None
    at_reset: Callable[[Monitor, str], None] | None = None
    enough: Callable[[], bool] | None = None
    observed: bool = False


def run(
    image: Path,
    machine: Machine,
    launch: Launch | None = None,
    *,
    timeout: float | None = TIMEOUT,
    marker: str = MARKER,
    company: Company | None = None,
) -> Outcome:
    """Boot an image and judge how it ends. QEMU has ended, and nothing is left of it, on return.

    `timeout` is in seconds, None waits for ever. MachineError if there is no QEMU, UnfitError if
    the image does not fit the machine; a QEMU that fails later is an Outcome.
    """
    company = company or Company()
    with _socket_path() as path, _socket_path(OBSERVER) as observer:
        launch = dataclasses.replace(launch or Launch(), monitor=path)
        if company.observed:
            launch = dataclasses.replace(launch, observer=observer)
        words = command(image, machine, launch)
        if company.started:
            company.started(words)
        has_screen = machine.text and launch.screen
        with (
            Session(words, keyboard=company.keyboard, show=company.show) as session,
            Monitor(path) as monitor,
        ):
            watch = _Watch(session, monitor, launch, has_screen, marker, company)
            return watch.to_the_end(timeout)


@contextlib.contextmanager
def _socket_path(suffix: str = ".qmp") -> Iterator[Path]:
    """A name for a socket that nobody has; what is there afterwards is removed."""
    name = f"kpack-{secrets.token_hex(6)}{suffix}"
    path = Path(tempfile.gettempdir(), name)
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        path = Path("/tmp", name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Watch:
    session: Session
    monitor: Monitor
    launch: Launch
    has_screen: bool
    marker: str
    company: Company

    def to_the_end(self, timeout: float | None) -> Outcome:
        """Watch until QEMU ends, the guest gives its code, the machine is reset, time is up, or the
        person has had enough.
        """
        while True:
            self.session.pump(POLL)
            if self.company.enough and self.company.enough():
                return self._outcome(Status.ENDED, ENOUGH, None)
            status = self.session.exit_status()
            if status is not None:
                return self._judged(status)
            with contextlib.suppress(Disconnected):
                found = self._look()
                if found:
                    return found
            if timeout is not None and self.session.seconds > timeout:
                return self._timed_out(timeout)

    def _look(self) -> Outcome | None:
        """The outcome if the machine stands still for good."""
        if not self.monitor.connect():
            return None
        if self.monitor.state() == "shutdown":
            return self._shut_down()
        codes = self.monitor.codes() if self.launch.keeps_code else b""
        ending = [code for code in codes if code != DebugExit.PASSED or not self.launch.person]
        if not ending:
            return None
        self.monitor.pause()
        _, screen = self._standing()
        return self._judged(exit_status(ending[0]), screen)

    def _judged(self, status: int, screen: Sequence[str] = ()) -> Outcome:
        self.session.drain()
        errors = own_messages(self.session.errors)
        judged = judge(status, self._serial(), errors, self.marker)
        return self._outcome(*judged, status, screen)

    def _shut_down(self) -> Outcome:
        """The machine is paused where it would have been reset or switched off."""
        reason = self.monitor.shutdown_reason()
        registers, screen = self._standing()
        self.session.drain()
        if reason == "guest-shutdown":
            text = "the guest switched the machine off and gave no code"
            return self._outcome(Status.ENDED, text, None, screen, registers)
        if self.company.at_reset:
            self.company.at_reset(self.monitor, self._log())
        text = TRIPLE_FAULT if "Triple fault" in self._log() else RESET
        return self._outcome(Status.RESET, text, None, screen, registers)

    def _timed_out(self, timeout: float) -> Outcome:
        registers, screen = "", list[str]()
        with contextlib.suppress(Disconnected):
            self.monitor.pause()
            registers, screen = self._standing()
        self.session.drain()
        text = f"the guest gave no code within {timeout:g} s"
        return self._outcome(Status.TIMED_OUT, text, None, screen, registers)

    def _standing(self) -> tuple[str, list[str]]:
        """Registers and screen of a machine that stands still."""
        screen = read_screen(self.monitor) if self.has_screen else []
        registers = self.monitor.registers()
        if self.company.at_end:
            self.company.at_end(self.monitor)
        return registers, screen

    def _log(self) -> str:
        if self.launch.log and self.launch.log.exists():
            return self.launch.log.read_text(encoding="utf-8", errors="backslashreplace")
        return self.session.errors.decode("utf-8", "backslashreplace")

    def _serial(self) -> str:
        text = self.session.serial.decode("utf-8", "backslashreplace")
        return text.replace("\r\n", "\n")

    def _outcome(
        self, status: Status, reason: str, exit_code: int | None, screen: Sequence[str] = (),
        registers: str = "",
    ) -> Outcome:  # fmt: skip
        return Outcome(
            status=status,
            reason=reason,
            exit_code=exit_code,
            serial=self._serial(),
            command=self.session.command,
            seconds=self.session.seconds,
            screen=screen,
            registers=registers,
            errors=own_messages(self.session.errors),
            log=self._log() if self.launch.log else "",
        )


def own_messages(errors: bytes | bytearray) -> str:
    """What QEMU itself said, without the log of resets that goes the same way."""
    lines = errors.decode("utf-8", "backslashreplace").splitlines()
    return "\n".join(line for line in lines if MESSAGE.match(line))
