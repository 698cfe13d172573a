"""The exact text of complaints, and that a unit's complaints come all at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from packer.asm import AsmError, SourceText, assemble
from tests.packer.asm.tools import complaint, complaints, nothing, unit

TEXTS = [
    (
        "\tjmp\t[rip + table + rax*8]",
        "t.asm:1:6: error[KP1012]: rip can't be combined with rax\n"
        "    \tjmp\t[rip + table + rax*8]\n"
        "    \t   \t^~~~~~~~~~~~~~~~~~~~~\n"
        "help: load the address first: lea rcx, [rip + table], then [rcx + rax*8]; "
        "or absolute: [rax*8 + table]",
    ),
    (
        "nop\n  .bite 1",
        "t.asm:2:3: error[KP1013]: unknown directive .bite\n"
        "      .bite 1\n"
        "      ^~~~~\n"
        "help: did you mean .byte?",
    ),
    (
        "mov rcx, Thread.caler * 2 + 1 << 3",
        "t.asm:1:10: error[KP1005]: << needs numbers that are known here\n"
        "    mov rcx, Thread.caler * 2 + 1 << 3\n"
        "             ^~~~~~~~~~~~\n"
        "help: did you mean Thread.caller?",
    ),
    (
        "lea rax, [rip + cpu + Thread.framerip]",
        "t.asm:1:17: error[KP1017]: cpu, Thread.framerip: "
        "this sum is neither one address nor a distance\n"
        "    lea rax, [rip + cpu + Thread.framerip]\n"
        "                    ^\n"
        "help: did you mean Thread.frame.rip?",
    ),
    (
        "x: mov dword [rax], 1",
        "t.asm:1:8: error[KP1004]: dword without ptr\n"
        "    x: mov dword [rax], 1\n"
        "           ^~~~~\n"
        "help: write dword ptr […]",
    ),
    (
        "one: nop\none: nop",
        "t.asm:2:1: error[KP1009]: one is already defined\n"
        "    one: nop\n"
        "    ^~~\n"
        "help: the first is at t.asm:1:1",
    ),
    (
        "entry: nop\n.again: jmp .agian",
        "t.asm:2:13: error[KP1008]: entry has no local label .agian\n"
        "    .again: jmp .agian\n"
        "                ^~~~~~\n"
        "help: did you mean entry.again?",
    ),
    (
        "  mov rax, [es:rdi]",
        "t.asm:1:13: error[KP1011]: the segment stands before the bracket\n"
        "      mov rax, [es:rdi]\n"
        "                ^~\n"
        "help: write es:[…]",
    ),
    (
        "distant: .zero 200\n  loop distant",
        "t.asm:2:8: error[KP1018]: "
        "the target is -202 bytes away and this jump reaches -128 to 127\n"
        "      loop distant\n"
        "           ^\n"
        "help: jump around a jmp",
    ),
    (
        ".zero 8\n.org 4",
        "t.asm:2:1: error[KP1016]: .org 0x4, but the unit is already 0x8 bytes long\n"
        "    .org 4\n"
        "    ^~~~~~",
    ),
    (
        "mov rax, xmm0",
        "t.asm:1:1: error[KP1031]: mov doesn't take these operands in 64-bit code\n"
        "    mov rax, xmm0\n"
        "    ^~~\n"
        "help: keystone: Invalid operand (KS_ERR_ASM_INVALIDOPERAND)",
    ),
    (
        "movsx rax, eax",
        "t.asm:1:1: error[KP1032]: keystone made 48 63 c0 of it, which is movsxd\n"
        "    movsx rax, eax\n"
        "    ^~~~~~~~~~~~~~\n"
        "help: this is a fault of keystone: choose another form, or emit the bytes with .byte",
    ),
]


@pytest.mark.parametrize(
    ("source", "text"), TEXTS, ids=[text[1].split("[")[1][:6] for text in TEXTS]
)
def test_text(source: str, text: str) -> None:
    assert complaint(source) == text


def test_all_complaints_of_all_sources_come_at_once_and_in_order() -> None:
    first = SourceText("first.asm", "mov eax, 017\nfoo eax\nlater: nop\nmov al, 300")
    second = SourceText("second.asm", "later: hlt\nmov [rax], 1")
    with pytest.raises(AsmError) as caught:
        assemble([second, first], {})
    found = [(str(found.place), found.code) for found in caught.value.diagnostics]
    assert found == [
        ("second.asm:2:5", "KP1025"),
        ("first.asm:1:10", "KP1002"),
        ("first.asm:2:1", "KP1030"),
        ("first.asm:3:1", "KP1009"),
        ("first.asm:4:9", "KP1022"),
    ]
    assert str(caught.value).count("error[") == 5


def test_distances_are_checked_only_when_the_unit_is_whole() -> None:
    """A line that is refused has no size: complaints about distances would be guesses."""
    assert [found.code for found in complaints("x: .zero 200\nloop x\nfoo")] == ["KP1030"]


def test_a_label_on_a_refused_line_is_still_a_label() -> None:
    assert [found.code for found in complaints("x: foo\njmp x\ny: .quad x")] == ["KP1030"]


@pytest.mark.parametrize(
    "word", ["mov", "lock", "const", "entry:", ".byte", "[", "1", "=", "jmp far"]
)
def test_an_unfinished_line_is_a_complaint(word: str) -> None:
    found = complaints(word)
    assert not found if word == "entry:" else found


def test_undefined_symbols_are_all_named() -> None:
    text = "start: call sart\nmov rax, [rip + elsewhere]\n.local: jmp start.locl"
    with pytest.raises(AsmError) as caught:
        unit(text).link(0, nothing)
    assert str(caught.value) == (
        "t.asm:1:13: error[KP1040]: undefined symbol sart\n"
        "    start: call sart\n"
        "                ^~~~\n"
        "help: did you mean start?\n"
        "t.asm:2:17: error[KP1040]: undefined symbol elsewhere\n"
        "    mov rax, [rip + elsewhere]\n"
        "                    ^~~~~~~~~\n"
        "t.asm:3:13: error[KP1040]: undefined symbol start.locl\n"
        "    .local: jmp start.locl\n"
        "                ^~~~~~~~~~\n"
        "help: did you mean start.local?"
    )


def test_a_resolver_may_give_the_help() -> None:
    def resolve(name: str) -> int:
        raise KeyError("tasks see no kernel symbols")

    with pytest.raises(AsmError, match="help: tasks see no kernel symbols"):
        unit("lidt [rip + idt]").link(0, resolve)


def test_values_that_do_not_fit_are_all_named() -> None:
    text = "push kernel\nmov eax, kernel\ncall user\n.word user"
    addresses = {"kernel": 0xFFFFFFFF80200000, "user": 0x400000}
    with pytest.raises(AsmError) as caught:
        unit(text).link(0xFFFFFFFF80000000, addresses.__getitem__)
    assert [found.message for found in caught.value.diagnostics] == [
        "kernel is 0xffffffff80200000, which doesn't fit the 32 bits here",
        "the distance to user is 0x803ffff1, which doesn't fit the sign-extended 32 bits here",
        "user is 0x400000, which doesn't fit the 16 bits here",
    ]


def test_every_code_is_in_the_readme(root: Path) -> None:
    folder = root / "packer" / "asm"
    used = {
        code
        for file in folder.glob("*.py")
        for code in re.findall(r"KP10\d\d", file.read_text(encoding="utf-8"))
    }
    readme = (folder / "README.md").read_text(encoding="utf-8")
    ranges = [(int(a), int(b)) for a, b in re.findall(r"KP(\d+)\W{1,2}KP(\d+)", readme)]
    told = {f"KP{number}" for first, last in ranges for number in range(first, last + 1)}
    assert used - told == set()
