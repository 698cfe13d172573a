"""What the supervisor says of wards that fault or give up: what happened, and at which label."""

from __future__ import annotations

import pytest

from tests.stages.harness import boot, lines, passed
from tests.stages.user.kit import EXIT, company, ward

KERNEL = "0xffffffff80200000"

PROGRAMS = {
    "ud": ("    ud2\n", "#UD at start + 0x0"),
    "behind": ("    nop\nown:\n    nop\n.local:\n    nop\n    ud2\nlater:\n", "#UD at own + 0x2"),
    "de": ("    xor ecx, ecx\n    div ecx\n", "#DE at start + 0x2"),
    "bp": ("    int3\n    nop\n", "#BP at start + 0x1"),
    "gp": ("    hlt\n", "#GP at start + 0x0"),
    "selector": (
        "    mov eax, 0x100\n    mov ds, eax\n", "#GP error 100 at start + 0x5",
    ),
    "read": (
        "    mov eax, 0x1000\n    mov al, [rax]\n",
        "#PF read of 1000 unmapped at start + 0x5",
    ),
    "write": (
        "    mov eax, 0x400000\n    mov [rax], al\n",
        "#PF write to 400000 refused at start + 0x5",
    ),
    "execute": (
        f"    mov rax, {KERNEL}\n    jmp rax\n",
        f"#PF execution of {KERNEL[2:]} refused at {KERNEL[2:]}",
    ),
    "astray": ("    xor eax, eax\n    jmp rax\n", "#PF execution of 0 unmapped at 0"),
    "gives_up": (f"    mov edi, 6\n{EXIT}", None),
    "has_done": (f"    xor edi, edi\n{EXIT}", None),
}  # fmt: skip
SAID = {name: text for name, (_, text) in PROGRAMS.items() if text}


@pytest.fixture(scope="module")
def said() -> list[str]:
    tasks = [ward(name, badge) for badge, name in enumerate(PROGRAMS, 1)]
    programs = {name: text for name, (text, _) in PROGRAMS.items()}
    return lines(passed(boot(company(*tasks, programs=programs))))


@pytest.mark.boot
@pytest.mark.parametrize("name", SAID)
def test_a_fault_is_told_by_its_mnemonic_and_label(said: list[str], name: str) -> None:
    assert f"fault       {name}: {SAID[name]}" in said


@pytest.mark.boot
def test_an_exit_is_told_when_something_went_wrong(said: list[str]) -> None:
    assert [line for line in said if line.startswith("exit")] == ["exit        gives_up: status 6"]
    assert sum(line.startswith("fault") for line in said) == len(SAID)
