"""A machine whose firmware is ours: where its memory map comes from, and what its screen shows."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path

import pytest

from kobjects.devices.vga import TEXT_ADDRESS
from kobjects.kernel.bootinfo import BootInfo, BootPath
from packer.build import build
from packer.formats import rom
from packer.image import Image
from packer.machine.outcome import Outcome, Status
from packer.machine.qemu import MICROVM, PC, Q35, Launch, Machine
from packer.machine.qmp import Monitor
from packer.machine.run import Company, run
from stages.boot.stage import ROM
from stages.console.font import PICTURES, read_pictures
from stages.model import Assembly, BootCode
from tests.stages import harness
from tests.stages.company import START, last

pytestmark = pytest.mark.boot

MIB = 1 << 20
GIB = 1 << 30
RAM, RESERVED = 1, 2
HOLE = (0xA_0000, MIB, RESERVED)

Range = tuple[int, int, int]


@pytest.fixture(scope="module")
def image() -> Image:
    return build(harness.system(START + last()))


def boot(
    image: Image, folder: Path, machine: Machine, *, code: BootCode = ROM, memory: int = 128
) -> tuple[Outcome, list[Range]]:
    """How the machine ended, and its memory map: first byte, end and type of each entry."""
    path = folder / "firmware"
    path.write_bytes(harness.wrapped("rom", image, code).data)
    pages: list[bytes] = []

    def read(monitor: Monitor) -> None:
        pages.append(harness.held(monitor, image, "boot_info"))

    launch = Launch(stay=True, memory=memory)
    outcome = run(path, machine, launch, timeout=3.0, company=Company(at_end=read))
    info = BootInfo.parse(pages[0])
    entries = info.memory[: info.memory_count]
    assert all(entry.attributes.enabled for entry in entries if entry.length)
    assert not outcome.passed or info.path is BootPath.ROM
    return outcome, [(one.base, one.base + one.length, int(one.type)) for one in entries]


def own(image: Image) -> Range:
    """The entry of the ROM itself."""
    return (1 << 32) - len(rom.wrap(image).data), 1 << 32, RESERVED


def patched(file: str, old: str, new: str) -> BootCode:
    """The boot code with another text in one of its sources."""

    def source(one: Assembly) -> Assembly:
        text = one.text()
        if one.path.name != file:
            return one
        assert text.count(old) == 1
        return Assembly(one.path, generate=partial(text.replace, old, new))

    return dataclasses.replace(ROM, code=[source(one) for one in ROM.code])


@pytest.mark.parametrize(
    ("machine", "memory", "ends"),
    [
        (MICROVM, 16, (16 * MIB,)),
        (MICROVM, 5000, (3 * GIB, 5000 * MIB + GIB)),
        (PC, 128, (128 * MIB,)),
        (PC, 5000, (3 * GIB, 5000 * MIB + GIB)),
        (Q35, 128, (128 * MIB,)),
        (Q35, 5000, (2 * GIB, 5000 * MIB + 2 * GIB)),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_qemu_tells_the_memory(
    machine: Machine, memory: int, ends: tuple[int, ...], image: Image, tmp_path: Path
) -> None:
    """Where RAM below 4 GiB ends is the board's: 3 GiB on pc and microvm, 2 GiB on q35, if there is
    more (QEMU's hw/i386/pc_piix.c, pc_q35.c and microvm.c).
    """
    outcome, ranges = boot(image, tmp_path, machine, memory=memory)
    harness.passed(outcome)
    low, *high = ends
    ram = [(0, 0xA_0000, RAM), (MIB, low, RAM), *((4 * GIB, end, RAM) for end in high)]
    assert [each for each in ranges if each[2] == RAM] == ram
    assert ranges[-2:] == [HOLE, own(image)]
    first_free = 1 << 32 if high else low
    others = [each for each in ranges[:-2] if each[2] != RAM]
    assert all(base >= first_free for base, _, _ in others)


NO_FW_CFG = ("Device.FW_CFG_SIGNATURE\n    jne", "Device.FW_CFG_SIGNATURE + 1\n    jne")


@pytest.mark.parametrize("memory", [12, 16, 17, 128])
def test_elsewhere_the_cmos_tells_it(memory: int, image: Image, tmp_path: Path) -> None:
    """QEMU's pc fills the same registers as Bochs."""
    code = patched("fwcfg.asm", *NO_FW_CFG)
    outcome, ranges = boot(image, tmp_path, PC, code=code, memory=memory)
    harness.passed(outcome)
    assert ranges == [(0, 0xA_0000, RAM), (MIB, memory * MIB, RAM), HOLE, own(image)]


def test_so_it_does_where_fw_cfg_has_no_map(image: Image, tmp_path: Path) -> None:
    code = patched("fwcfg.asm", '"etc/e820"', '"etc/e821"')
    outcome, ranges = boot(image, tmp_path, PC, code=code)
    harness.passed(outcome)
    assert ranges == [(0, 0xA_0000, RAM), (MIB, 128 * MIB, RAM), HOLE, own(image)]


def test_where_nobody_tells_a_letter_says_so(
    image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.changed(monkeypatch, {"-machine": "microvm,acpi=off,rtc=off"})
    outcome, _ = boot(image, tmp_path, MICROVM, code=patched("fwcfg.asm", *NO_FW_CFG))
    assert outcome.status is Status.TIMED_OUT
    assert outcome.serial == "M"


ODD = {
    "ends below video memory": ((0x1_0000, 0x2_0000, RAM), [(0x1_0000, 0x2_0000, RAM)]),
    "ends where video memory begins": ((0, 0xA_0000, RAM), [(0, 0xA_0000, RAM)]),
    "begins in the middle": (
        (0x8_0000, 0x1_8000_0000, RAM), [(0x8_0000, 0xA_0000, RAM), (MIB, 0x1_8000_0000, RAM)],
    ),
    "begins at 1 MiB": ((MIB, 2 * MIB, RAM), [(MIB, 2 * MIB, RAM)]),
    "is no RAM": ((0, 2 * MIB, 3), [(0, 2 * MIB, 3)]),
    "lies above 4 GiB": ((4 * GIB, 5 * GIB, RAM), [(4 * GIB, 5 * GIB, RAM)]),
}  # fmt: skip
"""Entries, and what becomes of them: QEMU has none of these."""


@pytest.mark.parametrize("case", ODD)
def test_ram_is_split_where_the_processor_sees_something_else(
    case: str, image: Image, tmp_path: Path
) -> None:
    """The entry is added before those that QEMU tells."""
    (base, end, kind), expected = ODD[case]
    words = (base & 0xFFFFFFFF, base >> 32, end - base & 0xFFFFFFFF, end - base >> 32, kind)
    lines = [f"    mov     dword ptr [ITEM + {4 * at}], {word}" for at, word in enumerate(words)]
    start = "    mov     eax, FwCfgKey.SIGNATURE\n"
    code = patched("fwcfg.asm", start, "\n".join([*lines, "    call    add_item", start]))
    outcome, ranges = boot(image, tmp_path, MICROVM, code=code)
    harness.passed(outcome)
    assert ranges[: len(expected)] == expected
    assert ranges[len(expected) :] == boot(image, tmp_path, MICROVM)[1]


def test_of_a_long_map_as_much_is_taken_as_fits(image: Image, tmp_path: Path) -> None:
    """As many entries as there is room for, and our own behind them."""
    full = "    mov     ebp, MAP_END - E820EntryExtended.size\n"
    code = patched("fwcfg.asm", "    call    fw_cfg_select\n.next_entry:\n",
                   f"    call    fw_cfg_select\n{full}.next_entry:\n")  # fmt: skip
    outcome, ranges = boot(image, tmp_path, PC, code=code)
    assert len(ranges) == 128 - 3 + 2
    assert ranges[-2:] == [HOLE, own(image)]
    assert outcome.status is not Status.PASSED, "the only RAM was not among them"


def picture(monitor: Monitor, folder: Path) -> list[bytes]:
    """The lines of the screen, 3 bytes a pixel: QEMU writes them as netpbm's ppm(5) says."""
    path = folder / "picture"
    monitor.ask("screendump", filename=str(path))
    kind, size, depth, pixels = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    assert (kind, depth, width, height) == (b"P6", b"255", 720, 400)
    return [pixels[at : at + width * 3] for at in range(0, len(pixels), width * 3)]


@pytest.mark.parametrize("machine", [PC, Q35], ids=lambda machine: machine.name)
def test_the_screen_shows_letters_in_our_font(
    machine: Machine, image: Image, tmp_path: Path
) -> None:
    """Cell by cell of 9 by 16 pixels: each is the glyph of the character in the text memory."""
    path = tmp_path / "firmware"
    path.write_bytes(harness.wrapped("rom", image, ROM).data)
    seen: list[tuple[list[bytes], bytes]] = []

    def read(monitor: Monitor) -> None:
        seen.append((picture(monitor, tmp_path), monitor.memory(TEXT_ADDRESS, 80 * 25 * 2)))

    launch = Launch(stay=True)
    harness.passed(run(path, machine, launch, timeout=20.0, company=Company(at_end=read)))
    lines, memory = seen[0]
    glyphs = [bytes(glyph.rows) for glyph in read_pictures(PICTURES.read_text(encoding="ascii"))]
    black, grey = bytes(3), bytes((42 * 4,)) * 3  # of 63
    letters = 0
    for cell in range(80 * 25):
        code, attribute = memory[2 * cell : 2 * cell + 2]
        row, column = divmod(cell, 80)
        cut = slice(column * 27, column * 27 + 27)
        shown = [line[cut] for line in lines[row * 16 : row * 16 + 16]]
        if code == ord("_") or shown[13] == grey * 9:
            continue  # the cursor, or what looks like it
        assert attribute == 7
        expected = [
            b"".join(grey if byte >> bit & 1 else black for bit in range(7, -1, -1)) + black
            for byte in glyphs[code - 0x20]
        ]
        assert shown == expected, f"{chr(code)!r} in row {row}, column {column}"
        letters += code != ord(" ")
    assert letters > 200
