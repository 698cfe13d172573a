"""Loaders of both Multiboot protocols, and what is made of the memory maps that they hand over.

QEMU's own loader is asked by `test_machines`. Here lines before the boot code's first instruction
take the place of what a loader had left in EAX, in EBX and in memory, so that maps come in forms
that QEMU does not write; GRUB's are those of a loader that shares no code with us.
"""

from __future__ import annotations

import dataclasses
import shutil
import struct
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from kobjects.kernel.bootinfo import BootInfo, BootPath
from packer.build import build
from packer.formats import multiboot
from packer.image import Image
from packer.machine.outcome import Outcome, Status
from packer.machine.qemu import MICROVM, PC_CD, Launch
from packer.machine.qmp import Monitor
from packer.machine.run import Company, run
from stages.boot.stage import MULTIBOOT
from stages.model import Assembly, BootCode
from tests.stages import harness
from tests.stages.company import START, last

pytestmark = pytest.mark.boot

TOP = 128 << 20
RANGES = ((0, 0x9F000, 1), (0x9F000, 0x61000, 2), (0x100000, TOP - 0x100000, 1),
          (TOP, 0x1000, 3), (TOP + 0x1000, 0x1000, 4), (0xFFFC0000, 0x40000, 2))  # fmt: skip
"""Base, length and type of a machine with 128 MiB."""

Range = tuple[int, int, int]


@pytest.fixture(scope="module")
def image() -> Image:
    return build(harness.system(START + last()))


def loader(magic: int, information: bytes) -> BootCode:
    """The boot code with this in EAX, and EBX leading to those bytes at 64 KiB."""
    before = f"""
    mov     esi, information
    mov     edi, 0x10000
    mov     ecx, {len(information)}
    mov     ebx, edi
    rep movsb
    mov     eax, {magic:#x}
    std                                 ; a loader may leave any flags but IF
"""
    data = f"information:\n    .byte   {', '.join(map(str, information))}\n"
    main, entry = MULTIBOOT.code[0].text(), "multiboot_entry:\n"
    assert main.count(entry) == 1
    sources = [
        Assembly(MULTIBOOT.code[0].path, generate=partial(main.replace, entry, entry + before)),
        MULTIBOOT.code[1],
        Assembly(Path("information.asm"), generate=partial(str, data)),
    ]
    # The headers follow the code: those of a long map would reach the kernel.
    return dataclasses.replace(MULTIBOOT, address=MULTIBOOT.address - 0x4000, code=sources)


def boot(
    image: Image, folder: Path, magic: int, information: bytes
) -> tuple[Outcome, BootInfo | None]:
    """How the machine ended, and the boot information that it had then."""
    path = folder / "kernel"
    path.write_bytes(harness.wrapped("multiboot", image, loader(magic, information)).data)
    pages: list[bytes] = []

    def read(monitor: Monitor) -> None:
        pages.append(harness.held(monitor, image, "boot_info"))

    outcome = run(path, MICROVM, Launch(stay=True), timeout=3.0, company=Company(at_end=read))
    return outcome, BootInfo.parse(pages[0]) if outcome.passed else None


def version_1(ranges: Sequence[Range], sizes: Sequence[int], flags: int = 1 << 6) -> bytes:
    """An information with the memory map behind it; each entry has one of these sizes in turn."""
    entries = b"".join(
        struct.pack("<IQQI", size := sizes[number % len(sizes)], *one).ljust(4 + size, b"\xee")
        for number, one in enumerate(ranges)
    )
    information = bytearray(116)
    struct.pack_into("<I", information, 0, flags)
    struct.pack_into("<II", information, 44, len(entries), 0x10000 + len(information))
    return bytes(information) + entries


def version_2(ranges: Sequence[Range], size: int = 24, *, after: bool = True) -> bytes:
    """An information with a name of odd length, the memory map, and another tag."""
    name = struct.pack("<II", 2, 13) + b"ours\0"
    entries = b"".join(struct.pack("<QQI", *one).ljust(size, b"\xee") for one in ranges)
    memory = struct.pack("<IIII", 6, 16 + len(entries), size, 0) + entries
    lower = struct.pack("<IIII", 4, 16, 639, TOP // 1024)
    tags = [name, memory, lower] if ranges else [name, lower]
    body = b"".join(tag + bytes(-len(tag) % 8) for tag in tags) + struct.pack("<II", 0, 8)
    return struct.pack("<II", 8 + len(body), 0) + body


FORMS = {
    "1, as QEMU writes it": (0x2BADB002, version_1(RANGES, [20]), BootPath.MULTIBOOT),
    "1, entries of several sizes": (0x2BADB002, version_1(RANGES, [20, 24, 40]),
                                    BootPath.MULTIBOOT),
    "2, as GRUB writes it": (0x36D76289, version_2(RANGES), BootPath.MULTIBOOT2),
    "2, with longer entries": (0x36D76289, version_2(RANGES, 40), BootPath.MULTIBOOT2),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_memory_map_is_taken_as_it_is(form: str, image: Image, tmp_path: Path) -> None:
    magic, information, path = FORMS[form]
    outcome, info = boot(image, tmp_path, magic, information)
    harness.passed(outcome)
    assert info
    assert (info.path, info.memory_count) == (path, len(RANGES))
    taken = [(one.base, one.length, int(one.type)) for one in info.memory[: len(RANGES)]]
    assert taken == list(RANGES)
    assert all(one.attributes.enabled for one in info.memory[: len(RANGES)])


@pytest.mark.parametrize("magic", [0x2BADB002, 0x36D76289])
def test_of_a_long_map_as_much_is_taken_as_fits(magic: int, image: Image, tmp_path: Path) -> None:
    ranges = [*RANGES, *((TOP + (2 + n << 12), 0x1000, 2) for n in range(200))]
    information = version_1(ranges, [20]) if magic == 0x2BADB002 else version_2(ranges)
    outcome, info = boot(image, tmp_path, magic, information)
    harness.passed(outcome)
    assert info
    assert info.memory_count == 128
    assert [(one.base, one.length, int(one.type)) for one in info.memory] == ranges[:128]


@pytest.mark.parametrize(
    ("magic", "information", "letter"),
    [
        (0x2BADB002, version_1(RANGES, [20], flags=1), "M"),
        (0x2BADB002, version_1([], [20]), "M"),
        (0x36D76289, version_2([]), "M"),
        (0x2BADB003, version_1(RANGES, [20]), "B"),
    ],
    ids=["1 without a map", "1 with an empty map", "2 without a map", "another loader"],
)
def test_what_is_missing_is_said_by_a_letter(
    magic: int, information: bytes, letter: str, image: Image, tmp_path: Path
) -> None:
    outcome, _ = boot(image, tmp_path, magic, information)
    assert outcome.status is Status.TIMED_OUT
    assert outcome.serial == letter


MENU = """\
set timeout=0
insmod all_video
loadfont unicode
set gfxmode=800x600
insmod gfxterm
terminal_output gfxterm
menuentry kernel {
    %s /kernel
    boot
}
"""
"""GRUB's own screen is a graphics mode, which it must leave before it enters the kernel."""


@pytest.fixture(params=["multiboot", "multiboot2"])
def disc(request: pytest.FixtureRequest, image: Image, tmp_path: Path) -> tuple[str, Path]:
    """The command of GRUB, and a CD on which it loads our file by that."""
    parts = [Path("/usr/lib/grub/i386-pc/multiboot2.mod"), Path("/usr/bin/grub-mkrescue")]
    parts += [Path(f"/usr/bin/{name}") for name in ("xorriso", "mformat")]
    if missing := [str(part) for part in parts if not part.exists()]:
        pytest.skip(f"this system has no {', '.join(missing)}")
    (tmp_path / "disc/boot/grub").mkdir(parents=True)
    (tmp_path / "disc/kernel").write_bytes(multiboot.wrap(image).data)
    (tmp_path / "disc/boot/grub/grub.cfg").write_text(MENU % request.param, encoding="utf-8")
    subprocess.run(
        [shutil.which("grub-mkrescue") or "", "-o", tmp_path / "disc.iso", tmp_path / "disc"],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(request.param), tmp_path / "disc.iso"


def test_grub_boots_it_in_text_mode(disc: tuple[str, Path], image: Image) -> None:
    command, path = disc
    pictures: list[bytes] = []

    def read(monitor: Monitor) -> None:
        pictures.append(monitor.screenshot())

    outcome = harness.passed(
        run(path, PC_CD, Launch(stay=True), timeout=60.0, company=Company(at_end=read))
    )
    said = {"multiboot": "Multiboot,", "multiboot2": "Multiboot 2,"}[command]
    (line,) = (line for line in harness.lines(outcome) if line.startswith("boot "))
    assert line.startswith(f"boot        {said} long mode, ")
    assert struct.unpack(">II", pictures[0][16:24]) == (720, 400), "80 x 25 characters of 9 x 16"
    assert any(line.startswith("console     VGA text") for line in outcome.screen)
