"""Trials beside each other, each in a fork of the process that has collected the tests."""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from tests.ablation.trial import UNSURE, Trial, Verdict

PATIENCE = 600.0
"""Seconds that a trial may take in all."""


@dataclass(frozen=True)
class _Running:
    trial: Trial
    process: int
    deadline: float


def verdicts(trials: Iterable[Trial], jobs: int) -> Iterator[Verdict]:
    """The verdict on each, as it comes; `jobs` processes at a time.

    Those that are unsure are tried again at the end, alone and with more time.
    """
    unsure = []
    for trial, verdict in _side_by_side(trials, jobs):
        if verdict.verdict == UNSURE:
            unsure.append(trial.relaxed())
        else:
            yield verdict
    for _, verdict in _side_by_side(unsure, 1):
        yield verdict


def _side_by_side(trials: Iterable[Trial], jobs: int) -> Iterator[tuple[Trial, Verdict]]:
    with selectors.DefaultSelector() as running:
        for trial in trials:
            _start(trial, running)
            while len(running.get_map()) >= jobs:
                yield from _ended(running)
        while running.get_map():
            yield from _ended(running)


def _start(trial: Trial, running: selectors.BaseSelector) -> None:
    reader, writer = os.pipe()
    sys.stdout.flush()
    process = os.fork()
    if not process:
        os.close(reader)
        _child(trial, writer)
    os.close(writer)
    deadline = time.monotonic() + PATIENCE
    running.register(reader, selectors.EVENT_READ, _Running(trial, process, deadline))


def _child(trial: Trial, writer: int) -> None:
    """Never returns."""
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    try:
        verdict = trial.run()
    except BaseException:
        verdict = _failed(trial, traceback.format_exc().splitlines()[-1])
    os.write(writer, json.dumps(asdict(verdict)).encode())
    os._exit(0)


def _failed(trial: Trial, reason: str) -> Verdict:
    return Verdict(trial.guard, trial.text, UNSURE, "the trial itself", reason)


def _ended(running: selectors.BaseSelector) -> Iterator[tuple[Trial, Verdict]]:
    """Those that have ended, if any does within a second; and no end of those whose time is up."""
    for key, _ in running.select(timeout=1.0):
        one: _Running = key.data
        data = b""
        while more := os.read(key.fd, 1 << 16):
            data += more
        running.unregister(key.fd)
        os.close(key.fd)
        os.waitpid(one.process, 0)
        told = Verdict(**json.loads(data)) if data else _failed(one.trial, "its process died")
        yield one.trial, told
    for key in running.get_map().values():
        if time.monotonic() > key.data.deadline:
            os.kill(key.data.process, signal.SIGTERM)
