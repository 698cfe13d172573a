"""The demonstration passes on a machine that is not QEMU's."""

from __future__ import annotations

import pytest

from packer.build import build
from packer.manifest import DEMONSTRATION, load
from tests.bochs import machine
from tests.stages import harness

pytestmark = pytest.mark.boot


@pytest.mark.parametrize("target", machine.MEDIA)
def test_the_demonstration_passes(target: str) -> None:
    said = harness.lines(machine.boot(build(load(DEMONSTRATION).system), target=target))
    (boot,) = (line for line in said if line.startswith("boot "))
    assert boot.startswith(f"boot        {'ROM' if target == 'rom' else 'BIOS'}, ")
    (memory,) = (line for line in said if line.startswith("memory "))
    frames = int(memory.split()[1])
    assert 123 << 20 < frames << 12 < 128 << 20, "of 128 MiB; a ROM asks the CMOS here"
    assert memory.endswith("W^X NX PGE SMEP SMAP UMIP")
    assert [line for line in said if line.startswith("fault ")]
    assert not [line for line in said if line.startswith("thread ")]
