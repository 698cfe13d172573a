"""What keystone 0.9.2 gets wrong in silence, or hangs or dies over, one row per error.

Fed directly, each source assembles to something else than it says. Here it is either refused, with
this message, or handled, with the bytes that it means.
"""

from __future__ import annotations

import pytest

from tests.packer.asm.tools import code, complaint

# mode | source | what is said about it
REFUSED = """
64 | .section .text             | unknown directive .section
64 | .text                      | unknown directive .text
64 | .data                      | unknown directive .data
64 | .bss                       | unknown directive .bss
64 | .pushsection .text         | unknown directive .pushsection
64 | .word 70000                | 0x11170 doesn't fit 16 bits
64 | .byte 256                  | 0x100 doesn't fit 8 bits
64 | .byte -129                 | -0x81 doesn't fit 8 bits
64 | .align 12                  | .align 12 is out of range
64 | .align 8 # tail            | '#' has no meaning here
64 | nop // tail                | found /, but a number or a name belongs here
64 | nop @ tail                 | '@' has no meaning here
64 | nop /* comment */          | found /, but a number or a name belongs here
64 | .zero here - 4             | the argument of .zero must be a number that is known here
64 | .space 4                   | unknown directive .space
64 | .fill 4                    | unknown directive .fill
64 | .skip 4                    | unknown directive .skip
64 | .ascii "open               | '"' has no meaning here
64 | 1: nop                     | a number is no label
64 | jmp 1b                     | 1b is not a number
64 | jmp 1f                     | 1f is not a number
64 | .macro twice               | unknown directive .macro
64 | .rept 4                    | unknown directive .rept
64 | .irp x, 1, 2               | unknown directive .irp
64 | .if undefined              | unknown directive .if
64 | .error "stop"              | unknown directive .error
64 | .syntax intel              | unknown directive .syntax
64 | .byte 1,,2                 | found ,, but a number or a name belongs here
64 | .quad 0x10000000000000000  | 0x10000000000000000 doesn't fit 64 bits
64 | mov rax, 1 << 32 << 32     | 0x10000000000000000 doesn't fit 64 bits
64 | mov r8b, ah                | ah can't be used together with r8b
64 | mov spl, ah                | ah can't be used together with spl
64 | movzx rax, ah              | ah can't be used together with rax
64 | mov [r9], ah               | ah can't be used together with r9
64 | idt = 0xffffffff80200000   | an assignment needs const
64 | mov rax, offset x          | offset is a reserved word
64 | lea rax, x                 | lea takes its address in brackets
64 | jmp short x                | short is not needed
64 | jmp $                      | '$' has no meaning here
64 | jmp .+2                    | '.' has no meaning here
64 | mov rax, RBX               | RBX is a reserved word
64 | rax: nop                   | rax is a reserved word
64 | Rip: nop                   | Rip is a reserved word
64 | const qword = 4            | qword is a reserved word
64 | mov eax, 017               | 017 is not a number
64 | mov eax, 1e3               | 1e3 is not a number
64 | mov eax, 10h               | 10h is not a number
64 | mov rax, gs:x              | found x, but memory is written in brackets
64 | mov rax, [x]               | [x] is an absolute address, which moves with the layout
64 | mov rax, [rdi              | the line ends, but the bracket is still open
64 | mov rax, [rdi+rsp*2]       | rsp can't be scaled
64 | mov rax, [rdi*2+rbx*2]     | only one register can be scaled
64 | mov rax, [rdi+rbx+rcx]     | an address has at most two registers
64 | mov rax, [rdi*7]           | rdi times 7
64 | mov rax, [-rdi]            | rdi times -1
64 | mov rax, [edi]             | 64-bit code doesn't address through edi
64 | mov rax, [rdi+ecx]         | rdi and ecx differ in width
64 | mov rax, [al]              | al can't hold an address
64 | mov rax, [rip+8]           | what lies there has no name
64 | jmp [rip+x+rax*8]          | rip can't be combined with rax
64 | mov rax, es:[rdi]          | 64-bit code ignores es:
64 | mov rax, [rdi+0x80000000]  | the displacement 0x80000000 doesn't fit 32 bits
64 | mov rax, [rdi-0x80000001]  | the displacement -0x80000001 doesn't fit 32 bits
64 | mov al, 300                | 0x12c doesn't fit 8 bits
64 | mov ax, -32769             | -0x8001 doesn't fit 16 bits
64 | add rax, 0x80000000        | 0x80000000 doesn't fit the sign-extended 32-bit immediate of add
64 | int 0x100                  | int doesn't take these operands in 64-bit code
64 | shl eax, 32                | bit 32 of a 32-bit operand
64 | bts qword ptr [rax], 64    | bit 64 of a 64-bit operand
64 | ret 70000                  | ret drops 0 to 65535 bytes
64 | push 0x80000000            | 0x80000000 doesn't fit the 32-bit immediate of push
64 | pushf                      | pushf pushes 16 bits
64 | popf                       | popf pops 16 bits
64 | iret                       | iret pops 16-bit values
64 | sysret                     | sysret doesn't say to which mode
64 | lretq                      | lretq is the AT&T name
64 | movs qword ptr [rdi], rsi  | movs doesn't say its width
64 | sysexit                    | keystone made 48 0f 35 of it, which is sysexitq
64 | into                       | keystone made ce of it, which is not one instruction
64 | movsx rax, eax             | keystone made 48 63 c0 of it, which is movsxd
64 | xchg eax, eax              | xchg eax with itself may be encoded as a nop
64 | rdpid rax                  | unknown instruction rdpid
64 | ud1 eax, eax               | unknown instruction ud1
64 | movl eax, ebx              | unknown instruction movl
64 | ljmp [rax]                 | ljmp is the AT&T name
64 | pop [rax]                  | the width of this memory operand is not said
64 | shl [rax], cl              | the width of this memory operand is not said
64 | movzx eax, [rax]           | the width of this memory operand is not said
64 | mov [rax], 1               | the width of this memory operand is not said
64 | lock mov [rax], rbx        | lock needs a read-modify-write of memory
64 | lock add rax, [rbx]        | lock needs a read-modify-write of memory
64 | rep add rax, rbx           | rep doesn't apply to add
64 | rep cmpsb                  | rep doesn't apply to cmpsb
64 | repe movsb                 | repe doesn't apply to movsb
64 | jmp far 8:x                | jmp far doesn't exist in 64-bit code
64 | jmp 0x7c00                 | jmp to a number: the unit doesn't know where it will lie
64 | push ds                    | push ds doesn't exist in 64-bit code
32 | pushf                      | pushf pushes 16 bits
32 | popf                       | popf pops 16 bits
32 | pusha                      | pusha pushes 16-bit registers
32 | iret                       | iret pops 16-bit values
32 | iretq                      | iretq doesn't exist in 32-bit code
32 | swapgs                     | swapgs exists in 64-bit code only
32 | mov eax, [bx]              | 32-bit code doesn't address through bx
32 | mov eax, [rip+x]           | addresses relative to rip exist in 64-bit code only
32 | jmp far 0x12345:0          | a selector is a number from 0 to 0xffff
32 | jmp far 8:0x123456789      | the far offset 0x123456789 doesn't fit 32 bits
32 | ljmp 8:0                   | a far pointer needs far
16 | mov al, [ebx*4+5]          | keystone drops an index without a base in 16-bit code
16 | mov al, [ax]               | [ax] doesn't exist
16 | mov al, [bx+bp]            | [bx + bp] doesn't exist
16 | mov al, [si*2]             | 16-bit addresses have no scale
16 | jmp far 8:0x10000          | the far offset 0x10000 doesn't fit 16 bits
16 | push 0x12345               | 0x12345 doesn't fit the 16-bit immediate of push
16 | movups xmm0, [bx]          | movups with vector registers in 16-bit code
16 | jmp fword ptr [bx]         | a far pointer in memory has 16 bits of offset in 16-bit code
"""

# mode | source, with / between lines | bytes that it means
HANDLED = """
64 | mov rax, [rdi+A*8]              | 488b4718
64 | mov rax, [rdi+A+B]              | 488b4743
64 | mov rax, [rdi-A]                | 488b47fd
64 | mov rax, [rdi+(A+B)*2-1]        | 488b8785000000
64 | mov eax, -A                     | b8fdffffff
64 | and rax, ~A                     | 4883e0fc
64 | and eax, ~0x80000000            | 25ffffff7f
64 | mov rax, (A+B)*2                | 48c7c086000000
64 | mov rax, 1<<A                   | 48c7c008000000
64 | mov rax, [0x10]                 | 488b042510000000
64 | mov rax, gs:[A]                 | 65488b042503000000
64 | mov rax, [rax+rsp]              | 488b0404
64 | mov rax, [rbx*2*4]              | 488b04dd00000000
64 | mov rax, [rbx+rbx]              | 488b041b
64 | mov rax, [rbx*5]                | 488b049b
64 | x: jmp x+2                      | eb00
64 | x: lea rax, [rip+x+A]           | 488d05fcffffff
64 | const flags = 1 / mov eax, flags | b801000000
64 | st: jmp st                      | ebfe
64 | ip: k1: db0: eiz: jmp k1        | ebfe
64 | mov [rax], al ; mov [rbx], bl   | 8800
64 | .align 8 ; a comment / nop      | 90
64 | .byte 1 / .align 4 / .byte 2    | 0100000002
64 | nop / .align 4 / nop            | 900f1f0090
64 | nop / .org 3 / hlt              | 900000f4
64 | .ascii "\\x41\\n\\"B"           | 410a2242
64 | .asciz "a;b"                    | 613b6200
64 | .quad b - a, (b - a) * 2 / a: nop / b: | 0100000000000000020000000000000090
64 | mov dword ptr [rax], 0xffffffff | c700ffffffff
64 | push 0xffffffff80000000         | 6800000080
64 | sysretq                         | 480f07
64 | rep movsd                       | f3a5
64 | endbr64                         | f30f1efa
64 | jmp qword ptr [rax]             | ff20
32 | lgdt [0x7c00]                   | 0f0115007c0000
32 | lidt fs:[ebx]                   | 640f011b
32 | jmp far 8:0x100000              | ea000010000800
32 | push ds / push es / push cs / pop ds / pop es | 1e060e1f07
32 | mov ds, ax                      | 8ed8
16 | push 0x1234                     | 683412
16 | push fs / pop gs                | 0fa00fa9
16 | x: call x / ret / retf          | e8fdffc3cb
16 | jmp far 8:0x7c10                | ea107c0800
16 | mov al, [ebx+esi*4+5]           | 678a44b305
"""


def rows(table: str) -> list[list[str]]:
    return [[part.strip() for part in line.split(" | ")] for line in table.strip().splitlines()]


@pytest.mark.parametrize(("mode", "source", "message"), rows(REFUSED))
def test_is_refused(mode: str, source: str, message: str) -> None:
    (said, *_) = complaint(source, mode=int(mode)).splitlines()
    assert said.partition("]: ")[2] == message


@pytest.mark.parametrize(("mode", "source", "encoded"), rows(HANDLED))
def test_means_what_it_says(mode: str, source: str, encoded: str) -> None:
    assert code("\n".join(source.split(" / ")), mode=int(mode)) == encoded
