"""The last wall: whatever keystone makes of a line, other bytes than it says are refused.

An encoder that lies stands in for keystone: it encodes another text than it was given.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from packer.asm import AsmError, SourceText, assemble
from packer.asm.encode import Encoder
from packer.asm.worker import Reply

# mode | source | what the liar encodes (/ between instructions) | what is said
LIES = r"""
64 | mov rax, rbx             | mov rax, rcx             | 48 89 c8 of it, whose operands are rax, rcx
64 | mov rax, rbx             | mov eax, ebx             | 89 d8 of it, whose operands are eax, ebx
64 | mov rax, rbx             | lea rax, [rbx]           | 48 8d 03 of it, which is lea
64 | mov rax, rbx             | mov rbx, rax             | 48 89 c3 of it, whose operands are rbx, rax
64 | add eax, 5               | add eax, 6               | 83 c0 06 of it, whose operands are eax, 0x6
64 | shl rax, 3               | shl rax, cl              | 48 d3 e0 of it, whose operands are rax, cl
64 | imul rax, rbx, 5         | imul rax, rbx            | 48 0f af c3 of it, whose operands are rax, rbx
64 | setz al                  | setnz al                 | 0f 95 c0 of it, which is setne
64 | cmova rax, rbx           | cmovb rax, rbx           | 48 0f 42 c3 of it, which is cmovb
64 | jmp rax                  | call rax                 | ff d0 of it, which is call
64 | hlt                      | hlt / hlt                | f4 f4 of it, which is not one instruction
64 | hlt                      | .byte 0x0f               | 0f of it, which is not one instruction
64 | lock inc dword ptr [rax] | inc dword ptr [rax]      | ff 00 of it, which has no lock
64 | mov rax, [rdi+rcx*8]     | mov rax, [rdi+rcx*4]     | 48 8b 04 8f of it, whose operands are rax, 64 bits at [rdi + rcx*4 + 0x0]
64 | mov rax, [rdi+rcx]       | mov rax, [rcx+rdi]       | 48 8b 04 39 of it, whose operands are rax, 64 bits at [rcx + rdi*1 + 0x0]
64 | mov rax, [rdi+8]         | mov rax, [rdi+16]        | 48 8b 47 10 of it, whose operands are rax, 64 bits at [rdi + 0x10]
64 | mov rax, gs:[rdi]        | mov rax, [rdi]           | 48 8b 07 of it, whose operands are rax, 64 bits at [rdi + 0x0]
64 | mov rax, [rdi]           | mov rax, fs:[rdi]        | 64 48 8b 07 of it, whose operands are rax, 64 bits at fs:[rdi + 0x0]
64 | mov rax, [rip+x]         | mov rax, [rip+8]         | 48 8b 05 08 00 00 00 of it, whose operands are rax, 64 bits at [rip + 0x8]
64 | mov rax, gs:[8]          | mov rax, gs:[rip+8]      | 65 48 8b 05 08 00 00 00 of it, whose operands are rax, 64 bits at gs:[rip + 0x8]
64 | mov byte ptr [rax], 1    | mov word ptr [rax], 1    | 66 c7 00 01 00 of it, whose operands are 16 bits at [rax + 0x0], 0x1
64 | mov rax, x               | mov rax, 5               | 48 c7 c0 05 00 00 00 of it, whose operands are rax, 0x5
16 | mov al, [bx+si]          | mov al, [bx+di]          | 8a 01 of it, whose operands are al, 8 bits at [bx + di*1 + 0x0]
32 | mov eax, [x]             | mov eax, [0x10]          | a1 10 00 00 00 of it, whose operands are eax, 32 bits at [0x10]
"""  # noqa: E501


class Liar(Encoder):
    """Encodes `instead` whatever it is given, or answers with that text."""

    def __init__(self, instead: str, *, say: bool = False) -> None:
        super().__init__()
        self._instead, self._say = instead, say

    def encode(self, mode: int, texts: Iterable[str]) -> dict[str, Reply]:
        if self._say:
            return dict.fromkeys(texts, self._instead)
        (reply,) = super().encode(mode, [self._instead]).values()
        return dict.fromkeys(texts, reply)


def refusal(mode: int, source: str, encoder: Encoder) -> str:
    with pytest.raises(AsmError) as caught:
        assemble([SourceText("t.asm", source)], {}, mode=mode, encoder=encoder)
    encoder.stop()
    (only,) = caught.value.diagnostics
    return f"{only.code} {only.message}"


@pytest.mark.parametrize("row", LIES.strip().splitlines())
def test_other_bytes_than_the_source_says_are_refused(row: str) -> None:
    mode, source, instead, said = (part.strip() for part in row.split(" | "))
    encoder = Liar("; ".join(instead.split(" / ")))
    assert refusal(int(mode), source, encoder) == f"KP1032 keystone made {said}"


def test_a_hang_or_a_death_is_a_complaint_about_its_line() -> None:
    encoder = Liar("keystone ended its process over this instruction", say=True)
    said = "KP1033 keystone ended its process over this instruction"
    assert refusal(64, "mov rax, rbx", encoder) == said
