"""Text on the screen and COM1, and the panic screen with its symbol table."""

from __future__ import annotations

from pathlib import Path

from kobjects.kernel.screen import Glyph, GlyphSize, TextScreen
from kobjects.kernel.symbols import KernelSymbol
from kobjects.kernel.trap import TrapFrame
from stages.console.claims import CLAIMS
from stages.console.font import fill_font
from stages.model import Access, Assembly, Region, Stage, Symbols

HERE = Path(__file__).parent

SYMBOL_ROOM = 384
"""Entries of the panic screen's symbol table: more than the kernel has functions."""

PANIC_ORDER = (
    *("vector", "error", "rip", "rflags", "cs", "ss"),
    *("rsp", "rbp", "rax", "rbx", "rcx", "rdx", "rsi", "rdi"),
    *("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"),
)
SHORT = {"vector": "VEC", "error": "ERR", "rflags": "FLAGS"}


def panic_names() -> str:
    """The table that `panic_registers` walks: 8 bytes for each register of a TrapFrame.

    A byte for its place in the frame in quadwords, six of its name, one that follows the value;
    `panic.asm` knows the end by PANIC_END in the first.
    """
    lines = ["panic_names:"]
    for index, name in enumerate(PANIC_ORDER):
        follows = "'\\n'" if index % 3 == 2 else "' '"
        place = TrapFrame.offset(name) // 8
        lines.append(f"    .byte {place}")
        lines.append(f'    .asciz "{SHORT.get(name, name.upper()):<5}"')
        lines.append(f"    .byte {follows}")
    return "\n".join([*lines, "    .byte 0xff", ""])


def fill_symbols(symbols: Symbols) -> list[KernelSymbol]:
    """Every global label of the kernel's text, sorted by address; the rest of the table is zero."""
    text = symbols.placement("kernel.text")
    inside = sorted(
        (address, name)
        for name, address in symbols.items()
        if text.virtual <= address < text.end and "." not in name and not name.startswith("trap_")
    )
    if len(inside) >= SYMBOL_ROOM:
        raise ValueError(f"{len(inside)} labels do not fit in SYMBOL_ROOM = {SYMBOL_ROOM} entries")
    table = [KernelSymbol(address=address, name=name.encode()[:23]) for address, name in inside]
    return table + [KernelSymbol()] * (SYMBOL_ROOM - len(table))


STAGE = Stage(
    name="console",
    code=[
        Assembly(HERE / "console.asm"),
        Assembly(HERE / "drivers.asm"),
        Assembly(HERE / "framebuffer.asm"),
        Assembly(HERE / "pixels.asm"),
        Assembly(HERE / "panic.asm"),
        Assembly(HERE / "text.asm", Access.RODATA),
        Assembly(HERE / "panic_names.asm", Access.RODATA, panic_names),
    ],
    regions=[
        Region("font", Glyph[GlyphSize.CODES], fill_font, Access.RODATA, align=4096),
        Region("text_screen", TextScreen, fill=None, align=4096),
        Region("kernel_symbols", KernelSymbol[SYMBOL_ROOM], fill_symbols, Access.RODATA),
    ],
    claims=CLAIMS,
)
