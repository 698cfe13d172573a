"""Messages of every length from 0 to 120 words arrive, and their answers come back."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Abi
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task

SERVERS = {"fast": (150, ""), "ported": (150, 'ports = ["0x80-0x80"]'), "low": (50, "")}
"""One that is reached on the fast path, and two that are not."""
NONE = (1 << 64) - 1


@pytest.mark.boot
def test_every_word_of_every_length_goes_and_comes_back() -> None:
    """The client itself compares all words, and what lies behind them in its buffer."""
    text = START
    for name, (priority, ports) in SERVERS.items():
        text += task(name, "complement.asm", priority, ports)
    known = {name: endpoint(name, 7) for name in SERVERS}
    client = "lengths.asm kpack:user/lib.asm"
    text += task("lengths", client, 100, console=endpoint("console"), **known)
    outcome = harness.passed(harness.boot(harness.system(text + last())))
    lengths = Abi.MESSAGE_WORDS + 1
    assert list(harness.words(outcome, "right")) == [[lengths, NONE]] * len(SERVERS)
