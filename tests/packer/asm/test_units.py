"""Units: what a source becomes, which fix-ups it leaves, and how they are filled."""

from __future__ import annotations

import pytest

from packer.asm import Fixup, Line, SourceText, assemble
from tests.packer.asm.tools import code, unit

# source | offset size kind symbol addend relative_to signed
FIXUPS = """
64 | mov rsp, [rip + cpu + Thread.frame.rip]       | 3 4 relative cpu 144 7 True
64 | cmp r11, [rcx + objects + A]                  | 3 4 absolute objects 3 7 True
64 | mov qword ptr [rsp + Thread.caller], nobody   | 5 4 absolute nobody 0 9 True
64 | mov rax, symbol                               | 2 8 absolute symbol 0 10 False
64 | mov eax, physical.kernel_pml4                 | 1 4 absolute physical.kernel_pml4 0 5 False
64 | jmp [rax*8 + table]                           | 3 4 absolute table 0 7 True
64 | jmp elsewhere - 2                             | 1 4 relative elsewhere -2 5 True
64 | jne elsewhere                                 | 2 4 relative elsewhere 0 6 True
64 | push symbol + 1                               | 1 4 absolute symbol 1 5 True
64 | test byte ptr [rip + x], 3                    | 2 4 relative x 0 7 True
64 | cmp dword ptr [rip + x], 0x12345              | 2 4 relative x 0 10 True
64 | .quad x + 5                                   | 0 8 absolute x 5 8 False
64 | .byte 1, x                                    | 1 1 absolute x 0 2 False
64 | x: mov rdi, x + 3                             | 2 8 absolute x 3 10 False
64 | x: mov rax, [rdi + x]                         | 3 4 absolute x 0 7 True
64 | lock inc qword ptr gs:[rax + x]               | 5 4 absolute x 0 9 True
32 | mov eax, [x]                                  | 1 4 absolute x 0 5 False
32 | push x                                        | 1 4 absolute x 0 5 False
32 | lgdt [x]                                      | 3 4 absolute x 0 7 False
32 | mov word ptr [x], fs                          | 2 4 absolute x 0 6 False
32 | jmp far 8:x                                   | 1 4 absolute x 0 7 False
32 | call x                                        | 1 4 relative x 0 5 True
16 | mov si, x                                     | 1 2 absolute x 0 3 False
16 | mov word ptr [x + 4], 1                       | 2 2 absolute x 4 6 False
16 | mov eax, x                                    | 2 4 absolute x 0 6 False
16 | mov al, [esi + x]                             | 3 4 absolute x 0 7 False
16 | jmp far 8:x                                   | 1 2 absolute x 0 5 False
16 | jc x                                          | 2 2 relative x 0 4 True
16 | push x                                        | 1 2 absolute x 0 3 False
"""


@pytest.mark.parametrize("row", FIXUPS.strip().splitlines())
def test_a_reference_is_a_fixup(row: str) -> None:
    mode, source, expected = (part.strip() for part in row.split(" | "))
    (found,) = unit(source, mode=int(mode)).fixups
    values = (
        found.offset, found.size, found.kind, found.symbol, found.addend, found.relative_to,
        found.signed,
    )  # fmt: skip
    assert " ".join(map(str, values)) == expected
    assert (found.file, found.line) == ("t.asm", 1)
    assert source[found.column - 1 :].startswith(found.symbol)


def test_immediate_and_displacement_of_one_instruction() -> None:
    made = unit("mov dword ptr [rip + left + 1], right")
    assert [(found.offset, found.symbol) for found in made.fixups] == [(2, "left"), (6, "right")]
    linked = made.link(0x1000, {"left": 0x2000, "right": 0x12345678}.__getitem__)
    assert linked.hex() == "c705f70f000078563412"


def test_link_fills_fields() -> None:
    made = unit("call f\nmov rax, [rdi + f]\n.quad f - 1, here\nhere:")
    kernel = 0xFFFFFFFF80200000
    linked = made.link(kernel, {"f": kernel + 0x100}.__getitem__)
    assert linked[:12].hex() == "e8fb000000488b8700012080"
    assert linked[12:].hex() == "ff002080ffffffff" + "1c002080ffffffff"
    assert made.code[1:5] == bytes(4)


def test_two_units_of_the_same_source_are_equal() -> None:
    text = "a: jmp b\n.align 16\nb: lea rax, [rip + c]"
    assert unit(text) == unit(text)


def test_lines_cover_every_byte_once() -> None:
    text = "a: nop\n\n; only a comment\n.b: .byte 1, 2 ; two\n.align 8\n  jmp a\n.org 16\nc:"
    made = unit(text)
    assert made.symbols == {"a": 0, "a.b": 1, "c": 16}
    assert made.lines == (
        Line(0, 1, "t.asm", 1, "a: nop", False),
        Line(1, 2, "t.asm", 4, ".b: .byte 1, 2 ; two", True),
        Line(3, 5, "t.asm", 5, ".align 8", True),
        Line(8, 2, "t.asm", 6, "jmp a", False),
        Line(10, 6, "t.asm", 7, ".org 16", True),
    )


def test_sources_follow_each_other_and_share_their_names() -> None:
    first = SourceText("first.asm", "const N = 2\nstart: jmp last\n.x: nop")
    second = SourceText("second.asm", "last: mov al, N\njmp start.x")
    made = assemble([first, second], {})
    assert made.code.hex() == "eb0190b002ebfb"
    assert [line.file for line in made.lines] == ["first.asm"] * 2 + ["second.asm"] * 2


def test_local_labels_do_not_reach_into_the_next_source() -> None:
    with pytest.raises(ValueError, match="no label before it that could own it"):
        assemble([SourceText("a", "start: nop"), SourceText("b", ".x: nop")], {})


def test_one_unit_holds_three_modes() -> None:
    text = """
        .code16
        mov     eax, cr0
        jmp     far 8:protected
        .code32
protected:
        push    dword ptr [eax]
        jmp     far 0x18:long
        .code64
long:   push    qword ptr [rax]
        mov     rax, kernel_entry
        jmp     rax
    """
    made = unit(text)
    linked = made.link(0x7C00, {"kernel_entry": 0xFFFFFFFF80200000}.__getitem__)
    assert linked.hex() == (
        "0f20c0" "ea087c0800" "ff30" "ea117c00001800" "ff30" "48b8000020 80ffffffff" "ffe0"
    ).replace(" ", "")  # fmt: skip
    assert made.symbols == {"protected": 8, "long": 17}


def test_padding_is_zeros_behind_data_and_nops_behind_code() -> None:
    assert code(".byte 1\n.align 4") == "01000000"
    assert code("nop\n.align 16") == "90" + "660f1f840000000000" + "660f1f440000"
    assert code("nop\n.align 4", mode=16) == "90909090"
    assert code(".align 64") == ""


@pytest.mark.parametrize(
    ("distance", "forward", "backward"),
    [(125, 2, 2), (126, 2, 2), (127, 2, 5), (128, 5, 5)],
)
def test_a_jump_is_as_short_as_its_distance_allows(
    distance: int, forward: int, backward: int
) -> None:
    assert unit(f"jmp there\n.zero {distance}\nthere:").lines[0].size == forward
    assert unit(f"there: .zero {distance}\njmp there").lines[1].size == backward


def test_growing_one_jump_may_grow_another() -> None:
    made = unit("a: jmp c\n.zero 124\nb: jmp d\n.zero 1\nc: .zero 127\nd:")
    assert [made.lines[0].size, made.lines[2].size] == [5, 5]


def test_expressions_follow_c() -> None:
    rows = {
        "1 + 2 * 3 << 1": 14,
        "1 | 6 & 3 ^ 1": 1 | ((6 & 3) ^ 1),
        "-7 / 2": -3,
        "-7 % 2": -1,
        "(0xff & ~0x0f) >> 4": 15,
        "- -2": 2,
        "'A' + 1": 66,
        "'\\n'": 10,
        "0x_ff - 0b1_0": 253,
        "A * (B - 1)": 3 * 63,
    }
    values = ", ".join(rows)
    data = unit(f".long {values}").code
    assert [
        int.from_bytes(data[n : n + 4], "little", signed=True) for n in range(0, len(data), 4)
    ] == list(rows.values())


def test_a_fixup_keeps_its_place_when_a_stray_prefix_is_removed() -> None:
    made = unit("mov word ptr fs:[x], gs", mode=32)
    assert made.code.hex() == "648c2d00000000"
    assert made.fixups == (
        Fixup(3, 4, "absolute", "x", 0, 7, False, "t.asm", 1, 18, "mov word ptr fs:[x], gs"),
    )
