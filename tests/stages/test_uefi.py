"""UEFI from the inside: what firmware gives, and what comes of it when it gives something else."""

from __future__ import annotations

import dataclasses
import itertools
import re
from pathlib import Path

import pytest

from kobjects.firmware.e820 import E820Type
from kobjects.kernel.bootinfo import BootInfo, BootPath, Framebuffer
from packer.build import build
from packer.formats import uefi
from packer.image import Image
from packer.machine.outcome import MARKER, Outcome, Status
from packer.machine.qemu import PC_UEFI, Q35_UEFI, Launch, Machine
from packer.machine.qmp import Monitor
from packer.machine.run import Company, run
from packer.manifest import DEMONSTRATION, load
from stages.boot.stage import UEFI
from stages.model import Assembly, BootCode
from tests.packer.machine import guests
from tests.stages import harness
from tests.stages.test_pixels import Screen, drawn, shown

pytestmark = pytest.mark.boot
MIB = 1 << 20
FAILED = b"BdsDxe: No bootable option"
PATIENCE = 120
"""Seconds: firmware is slow where the processor has other things to do."""


@pytest.fixture(autouse=True)
def firmware() -> None:
    guests.needs_uefi()


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


def patched(old: str, new: str) -> BootCode:
    """UEFI's boot code with `new` where its first source has `old`, once."""
    text = UEFI.code[0].text()
    assert text.count(old) == 1
    text = text.replace(old, new)
    own = Assembly(Path("own.asm"), generate=lambda: text)
    return dataclasses.replace(UEFI, code=[own, *UEFI.code[1:]])


def boot(image: Image, boot_code: BootCode, folder: Path) -> Outcome:
    """Until the guest ends, or the firmware says that the application has failed."""
    path = folder / "disk.img"
    path.write_bytes(uefi.wrap(image, boot_code).data)
    sent = bytearray()
    company = Company(show=sent.extend, enough=lambda: FAILED in sent)
    return run(path, Q35_UEFI, Launch(), timeout=PATIENCE, company=company)


KEY = "    mov     rdx, [rsp + MAP_KEY]\n"


def test_a_stale_key_is_asked_for_once_more(image: Image, tmp_path: Path) -> None:
    """The first try has a key that is one too high: r14 counts the tries that are left, 2 and 1."""
    code = patched(KEY, KEY + "    lea     rdx, [rdx + r14 - 1]\n")
    harness.passed(boot(image, code, tmp_path))


def test_a_key_that_is_never_right_ends_in_the_firmware(image: Image, tmp_path: Path) -> None:
    outcome = boot(image, patched(KEY, KEY + "    inc     rdx\n"), tmp_path)
    assert outcome.serial.count("kpack: ") == 1
    assert not re.search("^boot ", outcome.serial, re.MULTILINE)
    assert outcome.status is Status.ENDED
    assert "Invalid Parameter" in outcome.serial


def test_memory_that_somebody_has_is_named_and_left(image: Image, tmp_path: Path) -> None:
    """The kernel's place is claimed a second time, as if somebody else had it."""
    code = patched(
        "    mov     edi, uefi_entry             ; where this is linked\n",
        "    mov     edi, Kernel.PHYSICAL\n",
    )
    outcome = boot(image, code, tmp_path)
    assert (
        "kpack: this can run at one place only, and the firmware uses memory there: from "
        "0x00200000\n"
    ) in outcome.serial
    assert outcome.status is Status.ENDED
    assert "Not Found" in outcome.serial


@pytest.mark.parametrize("machine", [Q35_UEFI, PC_UEFI], ids=lambda one: one.name)
def test_map_and_screen_are_the_machines(image: Image, machine: Machine) -> None:
    """The screen's address and size are those that QEMU itself tells."""
    pages: list[bytes] = []
    told: list[str] = []
    picture: list[bytes] = []

    def ask(monitor: Monitor) -> None:
        pages.append(monitor.memory(image.symbols.physical("boot_info"), BootInfo.size))
        told.append(monitor.human("info pci"))
        picture.append(monitor._file("screendump", format="ppm"))

    outcome = harness.boot(
        image, target="uefi", machine=machine, icount=False, ask=ask, timeout=PATIENCE
    )
    harness.passed(outcome)
    info = BootInfo.parse(pages[0])
    assert info.path is BootPath.UEFI
    ranges = info.memory[: info.memory_count]
    for one, two in itertools.pairwise(ranges):
        assert one.base + one.length <= two.base
        assert one.base + one.length < two.base or one.type is not two.type
    ram = sum(one.length for one in ranges if one.type is E820Type.RAM)
    assert 128 * MIB - 16 * MIB < ram < 128 * MIB
    assert all(one.base + one.length <= 128 * MIB for one in ranges if one.type is E820Type.RAM)

    vga = told[0][told[0].index("VGA controller") :]
    bar = re.search(r"BAR0: 32 bit prefetchable memory at (0x[0-9a-f]+)", vga)
    assert bar
    assert info.framebuffer.address == int(bar[1], 16)
    screen = info.framebuffer
    header = b"P6\n%d %d\n255\n" % (screen.width, screen.height)
    assert picture[0].startswith(header)
    pixels = picture[0].removeprefix(header)

    above = visible_text(outcome, info.framebuffer)
    assert above[0::4] == pixels[: len(above) // 4 * 3][0::3]
    assert above[1::4] == pixels[: len(above) // 4 * 3][1::3]


def visible_text(outcome: Outcome, screen: Framebuffer) -> bytes:
    """The pixels of 4 bytes, without what lies between lines, down to the last line of the boot."""
    serial = outcome.serial
    text = shown(serial[re.search("^boot ", serial, re.MULTILINE).start() :])  # type: ignore[union-attr]
    lines = text[: text.index(MARKER) + 1]
    wanted = drawn(lines, Screen(screen.width, screen.height, screen.pitch))
    visible = b"".join(
        wanted[start : start + 4 * screen.width] for start in range(0, len(wanted), screen.pitch)
    )
    return visible[: 4 * screen.width * 16 * screen.scale * len(lines)]
