"""Golden bytes: what a truth outside the assembler gives for a source line."""

from __future__ import annotations

import pytest

from tests.packer.asm.tools import code

# Opcodes as Intel SDM 2, "Instruction Set Reference", lists them; for the forms that the assembler
# encodes itself, and for the placement of every field.
SDM = """
64 | iretq                        | 48cf                 | REX.W + CF
64 | retfq                        | 48cb                 | REX.W + CB
64 | sysretq                      | 480f07               | REX.W + 0F 07
64 | sysretd                      | 0f07                 | 0F 07
64 | swapgs                       | 0f01f8               | 0F 01 F8
64 | pushfq                       | 9c                   | 9C
64 | push -128                    | 6a80                 | 6A ib
64 | push 128                     | 6880000000           | 68 id
64 | push gs                      | 0fa8                 | 0F A8
64 | cqo                          | 4899                 | REX.W + 99
64 | rep movsq                    | f348a5               | F3 REX.W A5
64 | rep stosw                    | 66f3ab               | F3 AB
64 | endbr64                      | f30f1efa             | F3 0F 1E FA
64 | serialize                    | 0f01e8               | NP 0F 01 E8
64 | saveprevssp                  | f30f01ea             | F3 0F 01 EA
64 | mov rax, gs:[8]              | 65488b042508000000   | REX.W + 8B /r, SIB without base
64 | mov rax, 0x80000000          | 48b80000008000000000 | REX.W + B8+rd io
64 | mov rax, 0xffffffff80000000  | 48c7c000000080       | REX.W + C7 /0 id
64 | x: jmp x                     | ebfe                 | EB cb
64 | x: call x                    | e8fbffffff           | E8 cd
64 | x: jrcxz x                   | e3fe                 | E3 cb
64 | x: jecxz x                   | 67e3fd               | 67 E3 cb
64 | jmp fword ptr [rax]          | ff28                 | FF /5
32 | iretd                        | cf                   | CF
32 | pushfd                       | 9c                   | 9C
32 | pushad                       | 60                   | 60
32 | push ds                      | 1e                   | 1E
32 | pop es                       | 07                   | 07
32 | cbw                          | 6698                 | 66 98
32 | jmp far 8:0x12345678         | ea785634120800       | EA cp
32 | call far 0x10:1              | 9a010000001000       | 9A cp
32 | rep movsw                    | 66f3a5               | F3 A5
16 | iret                         | cf                   | CF
16 | iretd                        | 66cf                 | CF
16 | pushad                       | 6660                 | 60
16 | popfd                        | 669d                 | 9D
16 | cwde                         | 6698                 | 98
16 | jmp far 0xf000:0xfff0        | eaf0ff00f0           | EA cd
16 | rep movsd [edi], [esi]       | 6766f3a5             | F3 A5
16 | stosb [edi]                  | 67aa                 | AA
16 | x: loop x                    | e2fe                 | E2 cb
16 | x: jcxz x                    | e3fe                 | E3 cb
"""

# What GNU as 2.40 gives (.intel_syntax noprefix).
GNU_64 = """
mov rax, rbx                            | 4889d8
mov eax, 1                              | b801000000
mov rax, -1                             | 48c7c0ffffffff
mov rax, 0x1122334455667788             | 48b88877665544332211
mov r8d, r9d                            | 4589c8
mov qword ptr [rsp - 8], 0              | 48c74424f800000000
mov rcx, gs:[0x10]                      | 65488b0c2510000000
mov rdx, fs:[rax]                       | 64488b10
mov byte ptr [rdi], 0x41                | c60741
mov cr3, rcx                            | 0f22d9
mov rax, cr2                            | 0f20d0
mov dr7, rax                            | 0f23f8
mov ds, eax                             | 8ed8
mov ax, gs                              | 668ce8
lea rsi, [rdi + rcx*8 + 0x20]           | 488d74cf20
lea rax, [rsp + rsi]                    | 488d0434
lea r13, [r13]                          | 4d8d6d00
lea rax, [r12*4 + 8]                    | 4a8d04a508000000
push 0x20                               | 6a20
push 0x12345678                         | 6878563412
push rax                                | 50
push qword ptr [rax + 8]                | ff7008
pop r15                                 | 415f
push fs                                 | 0fa0
pop gs                                  | 0fa9
test byte ptr [rsp + 0x90], 3           | f684249000000003
cmp qword ptr [r12], 0x7f               | 49833c247f
and rax, -16                            | 4883e0f0
add esp, 0x1000                         | 81c400100000
sub rsp, 8                              | 4883ec08
xor r10d, r10d                          | 4531d2
xchg rax, rbx                           | 4893
xchg [rdi], al                          | 8607
imul rax, rcx, 0x64                     | 486bc164
mul qword ptr [rbx]                     | 48f723
idiv ecx                                | f7f9
shl rax, 4                              | 48c1e004
sar dword ptr [rcx], cl                 | d339
rol bx, 1                               | 66d1c3
shld rax, rbx, 12                       | 480fa4d80c
bt qword ptr [rdi], 63                  | 480fba273f
bts qword ptr [rdi], rax                | 480fab07
btr eax, 5                              | 0fbaf005
bsr rax, qword ptr [rdi]                | 480fbd07
bswap rdx                               | 480fca
movzx eax, byte ptr [rsi]               | 0fb606
movsx rcx, word ptr [rsi]               | 480fbf0e
movsxd rdx, dword ptr [rsi]             | 486316
setnz al                                | 0f95c0
cmovb rax, qword ptr [rbx]              | 480f4203
jmp rax                                 | ffe0
jmp qword ptr [rax*8 + 0x100]           | ff24c500010000
lock cmpxchg qword ptr [rdi], rcx       | f0480fb10f
lock xadd dword ptr [rdi], eax          | f00fc107
cmpxchg16b [rdi]                        | 480fc70f
rep stosq                               | f348ab
rep movsb                               | f3a4
repne scasb                             | f2ae
iretq                                   | 48cf
iretd                                   | cf
retfq                                   | 48cb
ret 8                                   | c20800
sysretq                                 | 480f07
syscall                                 | 0f05
swapgs                                  | 0f01f8
pushfq                                  | 9c
popfq                                   | 9d
cqo                                     | 4899
cdqe                                    | 4898
rdtsc                                   | 0f31
rdtscp                                  | 0f01f9
cpuid                                   | 0fa2
rdmsr                                   | 0f32
wrmsr                                   | 0f30
xgetbv                                  | 0f01d0
xsetbv                                  | 0f01d1
invlpg [rax]                            | 0f0138
invpcid rax, xmmword ptr [rbx]          | 660f388203
lgdt [rax]                              | 0f0110
sidt [rsp]                              | 0f010c24
lldt ax                                 | 0f00d0
ltr ax                                  | 0f00d8
fxsave64 [rdi]                          | 480fae07
fxrstor64 [rdi]                         | 480fae0f
xsave [rdi]                             | 0fae27
xsaveopt64 [rdi]                        | 480fae37
xrstor64 [rdi]                          | 480fae2f
fninit                                  | dbe3
ldmxcsr [rsp]                           | 0fae1424
in al, dx                               | ec
in eax, 0x60                            | e560
out dx, al                              | ee
out 0x80, al                            | e680
int 0x80                                | cd80
int3                                    | cc
ud2                                     | 0f0b
hlt                                     | f4
pause                                   | f390
cli                                     | fa
sti                                     | fb
cld                                     | fc
clac                                    | 0f01ca
stac                                    | 0f01cb
clts                                    | 0f06
wbinvd                                  | 0f09
mfence                                  | 0faef0
rdfsbase rax                            | f3480faec0
wrgsbase rbx                            | f3480faedb
monitor                                 | 0f01c8
mwait                                   | 0f01c9
rdrand rax                              | 480fc7f0
endbr64                                 | f30f1efa
serialize                               | 0f01e8
movups xmm0, xmmword ptr [rdi]          | 0f1007
movd xmm1, eax                          | 660f6ec8
pxor xmm3, xmm3                         | 660fefdb
prefetcht0 [rax]                        | 0f1808
clflush [rax]                           | 0fae38
"""

GNU_32 = """
mov eax, 1                              | b801000000
mov ds, ax                              | 8ed8
mov ss, eax                             | 8ed0
mov es:[edi], al                        | 268807
mov cr0, eax                            | 0f22c0
mov ebx, dword ptr [esp + 4]            | 8b5c2404
push es                                 | 06
push cs                                 | 0e
pop ds                                  | 1f
push 0x12345678                         | 6878563412
pushad                                  | 60
popfd                                   | 9d
iretd                                   | cf
retf                                    | cb
call eax                                | ffd0
jmp dword ptr [ebx*4 + 8]               | ff249d08000000
lgdt [0x7c00]                           | 0f0115007c0000
lidt [ebx]                              | 0f011b
rep movsd                               | f3a5
rep stosb                               | f3aa
rdmsr                                   | 0f32
wrmsr                                   | 0f30
mov ax, 0x10                            | 66b81000
lea eax, [ebx + esi*8]                  | 8d04f3
int 0x10                                | cd10
ltr ax                                  | 0f00d8
"""

GNU_16 = """
mov ax, 0x1234                          | b83412
mov es, ax                              | 8ec0
mov si, 0x7c00                          | be007c
mov [0x1234], al                        | a23412
mov word ptr [bx + si + 2], 1           | c740020100
mov es:[di], ax                         | 268905
mov ax, [bp]                            | 8b4600
mov eax, cr0                            | 0f20c0
or al, 1                                | 0c01
mov cr0, eax                            | 0f22c0
push 0x1234                             | 683412
push fs                                 | 0fa0
pop gs                                  | 0fa9
push ax                                 | 50
push eax                                | 6650
pushf                                   | 9c
pushfd                                  | 669c
call ax                                 | ffd0
ret                                     | c3
ret 2                                   | c20200
retf                                    | cb
iret                                    | cf
lgdt [0x7dfe]                           | 0f0116fe7d
int 0x13                                | cd13
rep movsw                               | f3a5
rep movsd                               | 66f3a5
stosb                                   | aa
mov eax, dword ptr [ebx + esi*4 + 8]    | 67668b44b308
movzx eax, word ptr [di]                | 660fb705
out 0x92, al                            | e692
in al, 0x92                             | e492
cli                                     | fa
cld                                     | fc
hlt                                     | f4
mov dl, 0x80                            | b280
xor ax, ax                              | 31c0
imul ax, cx, 18                         | 6bc112
shl eax, 4                              | 66c1e004
jmp word ptr [bx]                       | ff27
"""


def rows(table: str, fields: int) -> list[list[str]]:
    """The rows of a table, whose last field is a comment if there are more than `fields`."""
    lines = table.strip().splitlines()
    return [[part.strip() for part in line.split("|")][:fields] for line in lines]


GNU = [
    pytest.param(mode, source, encoded, id=f"{mode}: {source}")
    for mode, table in ((64, GNU_64), (32, GNU_32), (16, GNU_16))
    for source, encoded in rows(table, 2)
]


@pytest.mark.parametrize(("mode", "source", "encoded"), rows(SDM, 3))
def test_bytes_are_those_of_the_manual(mode: str, source: str, encoded: str) -> None:
    assert code(source, mode=int(mode)) == encoded


@pytest.mark.parametrize(("mode", "source", "encoded"), GNU)
def test_bytes_are_those_of_gnu_as(mode: int, source: str, encoded: str) -> None:
    assert code(source, mode=mode) == encoded
