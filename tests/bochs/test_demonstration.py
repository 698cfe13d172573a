"""The demonstration passes on a machine that is not QEMU's."""

from __future__ import annotations

import pytest

from packer.build import build
from packer.manifest import DEMONSTRATION, load
from tests.bochs import machine
from tests.stages import harness

pytestmark = pytest.mark.boot


def test_the_demonstration_passes() -> None:
    said = harness.lines(machine.boot(build(load(DEMONSTRATION).system)))
    (memory,) = (line for line in said if line.startswith("memory "))
    assert memory.endswith("W^X NX PGE SMEP SMAP UMIP")
    assert [line for line in said if line.startswith("fault ")]
    assert not [line for line in said if line.startswith("thread ")]
