"""Text on a screen of pixels: what memory holds, against a drawing made here of the pictures.

The screen is memory that a loader of the test's calls a framebuffer, so any geometry can be had.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from kobjects.kernel.bootinfo import BootInfo
from packer.build import build
from packer.formats import pvh
from packer.machine import qemu
from packer.machine.outcome import PANIC, Outcome
from packer.machine.qemu import Launch
from packer.machine.qmp import Monitor
from packer.machine.run import Company, run
from stages.boot.stage import PVH
from stages.console.font import PICTURES, read_pictures
from stages.model import Assembly, BootCode, System
from tests.stages import harness, kernels
from tests.stages.company import START, last

COLUMNS, ROWS = 80, 25
GREY, BLACK = 0xAAAAAA, 0
ADDRESS = 96 << 20
"""Memory that nobody is given in so short a run."""


MOST = 16 << 20
"""Bytes of a screen that are read: as many as there are behind it."""


@dataclasses.dataclass(frozen=True)
class Screen:
    width: int
    height: int
    pitch: int
    address: int = ADDRESS

    def loader(self) -> BootCode:
        """PVH's boot code, which hands on this screen."""
        source = (PVH.code[0].path).read_text(encoding="utf-8")
        assert source.count("    xor     edx, edx\n") == 1
        text = source.replace("    xor     edx, edx\n", "    mov     edx, screen\n") + (
            "    .align  8\nscreen:\n"
            f"    .quad   {self.address}\n"
            f"    .long   {self.pitch}, {self.width}, {self.height}, 0, 0, 0\n"
        )
        code = [Assembly(Path("own_pvh.asm"), generate=lambda: text), *PVH.code[1:]]
        return dataclasses.replace(PVH, code=code)


@dataclasses.dataclass
class Seen:
    outcome: Outcome
    pixels: bytes
    info: BootInfo


def boot(system: System, screen: Screen, tmp_path: Path) -> Seen:
    image = build(system)
    path = tmp_path / "guest.elf"
    path.write_bytes(pvh.wrap(image, screen.loader()).data)
    found: list[bytes] = []

    def read(monitor: Monitor) -> None:
        size = min(screen.pitch * screen.height, MOST)
        found.append(monitor.memory(screen.address, size))
        found.append(monitor.memory(image.symbols.physical("boot_info"), BootInfo.size))

    launch = Launch(icount=True, stay=True)
    outcome = run(path, qemu.MICROVM, launch, company=Company(at_end=read), timeout=60)
    return Seen(outcome, found[0], BootInfo.parse(found[1]))


def drawn(lines: Sequence[str], screen: Screen) -> bytes:
    """The whole screen with these lines of text in its middle, as large as they fit."""
    glyphs = read_pictures(PICTURES.read_text(encoding="ascii"))
    scale = min(screen.width // (8 * COLUMNS), screen.height // (16 * ROWS))
    left = (screen.width - 8 * COLUMNS * scale) // 2
    top = (screen.height - 16 * ROWS * scale) // 2
    rows = [bytearray(screen.pitch) for _ in range(screen.height)]
    for number, line in enumerate(lines):
        for y in range(16):
            bits = "".join(f"{glyphs[ord(c) - 32].rows[y]:08b}" for c in line)
            pixels = b"".join(
                (GREY if bit == "1" else BLACK).to_bytes(4, "little") * scale for bit in bits
            )
            for copy in range(scale):
                row = rows[top + (number * 16 + y) * scale + copy]
                row[4 * left : 4 * left + len(pixels)] = pixels
    return b"".join(rows)


def shown(serial: str) -> list[str]:
    """The lines as 80 columns and 25 rows show them, at the end of such output."""
    lines = [""]
    for char in serial:
        if char != "\n":
            lines[-1] += char
        if char == "\n" or len(lines[-1]) == COLUMNS:
            lines.append("")
    return lines[-ROWS:]


def small() -> System:
    return harness.system(START + last())


def kernel(text: str) -> System:
    return kernels.instead_of_tasks(
        small(), "own", Assembly(Path("own.asm"), generate=lambda: text)
    )


SAY = """
own:
    mov     ebx, {count}
.next:
    mov     edi, ebx
    call    print_decimal
    lea     rsi, [rip + own_text]
    call    print
    dec     ebx
    jnz     .next
    mov     dx, DebugExit.PORT
    mov     al, DebugExit.PASSED
    out     dx, al
.halt:
    hlt
    jmp     .halt
own_text:
    .asciz  " !#$%&'()*+,-./0123456789:;<=>?@[^_`{{|}}~ QUICK, the brown fox jumps over it.\\n"
    .align  8
"""

SCREENS = {
    "as large as the text": Screen(640, 400, 640 * 4),
    "a margin": Screen(800, 600, 800 * 4),
    "lines longer than what is shown": Screen(700, 480, 1024 * 4),
    "twice as large": Screen(1280, 800, 1280 * 4),
    "three times": Screen(1920, 1200, 2048 * 4),
    "not at a page's start": Screen(1024, 768, 1024 * 4, ADDRESS + 0x1F_F010),
}


@pytest.mark.boot
@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("count", [5, 40])
def test_every_pixel_is_as_the_font_has_it(name: str, count: int, tmp_path: Path) -> None:
    screen = SCREENS[name]
    seen = boot(kernel(SAY.format(count=count)), screen, tmp_path)
    serial = seen.outcome.serial
    assert f"console     {screen.width}x{screen.height} pixels, text 80x25, COM1" in serial
    assert seen.pixels == drawn(shown(serial), screen)


UNFIT = {
    "too narrow": Screen(639, 400, 640 * 4),
    "too low": Screen(640, 399, 640 * 4),
    "lines that overlap": Screen(640, 400, 639 * 4),
    "larger than the window": Screen(8192, 2049, 8192 * 4),
}


@pytest.mark.boot
@pytest.mark.parametrize("name", UNFIT)
def test_what_no_text_fits_on_is_left_alone(name: str, tmp_path: Path) -> None:
    seen = boot(kernel(SAY.format(count=3)), UNFIT[name], tmp_path)
    assert "console     no VGA, COM1" in seen.outcome.serial
    assert not any(seen.pixels)
    assert not seen.info.features.framebuffer


@pytest.mark.boot
def test_the_panic_screen_has_it_to_itself(tmp_path: Path) -> None:
    screen = SCREENS["a margin"]
    text = "own:\n    mov     rcx, 0x5000\n    jmp     rcx\n"
    seen = boot(kernel(text), screen, tmp_path)
    assert seen.outcome.exit_code == PANIC
    said = seen.outcome.serial
    assert seen.pixels == drawn(shown(said[said.index("kernel panic") :]), screen)


def test_every_printable_character_has_a_picture_of_its_own() -> None:
    glyphs = read_pictures(PICTURES.read_text(encoding="ascii"))
    assert len(glyphs) == 96
    assert len(set(glyphs)) == 96
    assert not any(glyphs[0].rows)
    for glyph in glyphs[1:]:
        assert not any(row & 1 for row in glyph.rows), "a column between characters"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("........ .......", "line 1: .* is not made of 8 pixels"),
        ("; a\n.......x\n", "line 2: '.......x' is not made of 8 pixels"),
        ("........\n" * 15, "have not 16 lines each"),
        ("........\n" * 15 + "........ ........\n", "have not 16 lines each"),
    ],
)
def test_what_is_no_picture_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_pictures(text)
