"""What a program finds when it has been loaded: its segments and their rights, ports, registers."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.kernel.abi import Abi, Call
from kobjects.kernel.addresses import Page, User
from packer.asm import SourceText, assemble
from tests.packer.programs.made import START, file, segment
from tests.stages.harness import boot, lines, passed
from tests.stages.user.kit import EXIT, company

RODATA, DATA = User.TEXT + Page.SIZE, User.TEXT + 2 * Page.SIZE
ZEROS = DATA + Page.SIZE
"""Behind the data, and behind what the file has of it: two pages."""

SEGMENTS = f"""
start:
    mov     edi, 2
    mov     ecx, {int(RODATA)}
    cmp     dword ptr [rcx], 0x11111111
    jne     .exit
    inc     edi
    mov     ecx, {int(DATA)}
    cmp     dword ptr [rcx], 0x22222222
    jne     .exit
    inc     edi
    cmp     dword ptr [rcx + 16], 0             ; behind the file's part, in the same page
    jne     .exit
    inc     edi
    mov     edx, {int(ZEROS)}
    cmp     qword ptr [rdx], 0
    jne     .exit
    inc     edi
    cmp     qword ptr [rdx + {2 * Page.SIZE - 8}], 0
    jne     .exit
    inc     dword ptr [rcx]                     ; who is started again must find them as they were
    inc     dword ptr [rcx + 16]
    inc     qword ptr [rdx]
    inc     qword ptr [rdx + {2 * Page.SIZE - 8}]
    mov     ecx, {int(RODATA)}
.refused:
    mov     byte ptr [rcx], 1
.exit:
    mov     eax, {int(Call.EXIT << Abi.NUMBER_SHIFT)}
    syscall
"""
UNIT = assemble([SourceText("segments", SEGMENTS)], {})
REFUSED = User.TEXT + UNIT.symbols["start.refused"]
"""The file has no symbols, so the address is all that can be told."""

PROGRAMS = {
    "with_port": f"    out     0x80, al\n    mov     edi, 7\n{EXIT}",
    "without_port": "    out     0x80, al\n",
    "with_fpu": f"    xorps   xmm0, xmm0\n    mov     edi, 8\n{EXIT}",
    "without_fpu": "    xorps   xmm0, xmm0\n",
    "executes_stack": "    jmp     rsp\n",
    "overflows": "    mov     [rsp - 0x2000], rax\n",
    "has_stack": f"    mov     [rsp - 0x2000], rax\n    mov     edi, 9\n{EXIT}",
    "no_modules": f"    mov     eax, {int(User.MODULES)}\n    mov     eax, [rax]\n",
    "modules": (
        f"    mov     eax, {int(User.MODULES)}\n    mov     edi, [rax]\n"
        f"    mov     ecx, [rax + ModuleDirectory.modules + Module.offset]\n"
        f"    mov     edx, [rax + rcx]\n{EXIT}"
    ),
    "writes_modules": f"    mov     eax, {int(User.MODULES)}\nown:\n    mov     [rax], eax\n",
}
KEYS = {
    "with_port": 'ports = ["0x80-0x80"]',
    "with_fpu": "fpu = true",
    "has_stack": "stack_pages = 2",
    "modules": "modules = true",
    "writes_modules": "modules = true",
}
SAID = {
    "segments": f"fault       segments: #PF write to {RODATA:x} refused at {REFUSED:x}",
    "with_port": "exit        with_port: status 7",
    "without_port": "fault       without_port: #GP at start + 0x0",
    "with_fpu": "exit        with_fpu: status 8",
    "without_fpu": "fault       without_fpu: #NM at start + 0x0",
    "executes_stack": (
        f"fault       executes_stack: #PF execution of {User.STACK_TOP:x} unmapped at "
        f"{User.STACK_TOP:x}"
    ),
    "overflows": (
        f"fault       overflows: #PF write to {User.STACK_TOP - 0x2000:x} unmapped at start + 0x0"
    ),
    "has_stack": "exit        has_stack: status 9",
    "no_modules": (f"fault       no_modules: #PF read of {User.MODULES:x} unmapped at start + 0x5"),
    "modules": f"exit        modules: status {len(PROGRAMS) + 1}",
    "writes_modules": (
        f"fault       writes_modules: #PF write to {User.MODULES:x} refused at own + 0x0"
    ),
}


def compiled(folder: Path) -> Path:
    """A program in three segments, with zeros behind what the file has of the last."""
    code = UNIT.link(User.TEXT, lambda symbol: 0)
    rodata, data = b"\x11" * 8, b"\x22" * 8
    contents = b"".join(part.ljust(Page.SIZE, b"\0") for part in (code, rodata, data))
    path = folder / "segments.elf"
    path.write_bytes(
        file(
            [
                segment("rx", User.TEXT, len(code)),
                segment("r", RODATA, len(rodata), p_offset=START + Page.SIZE),
                segment(
                    "rw",
                    DATA,
                    len(data),
                    p_offset=START + 2 * Page.SIZE,
                    p_memsz=3 * Page.SIZE,
                ),
            ],
            contents,
        )
    )
    return path


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("programs")
    common = "priority = 50, start = true"
    policy = 'restart = "on_fault", restarts = 1, restart_delay = 1'
    modules = f'segments = {{ elf = "{compiled(folder)}", {common}, {policy} }}\n'
    for name, text in PROGRAMS.items():
        (folder / f"{name}.asm").write_text(f"start:\n{text}")
        more = f", {KEYS[name]}" if name in KEYS else ""
        modules += f'{name} = {{ program = ["{folder}/{name}.asm"], {common}{more} }}\n'
    return lines(passed(boot(company(modules=modules))))


@pytest.mark.boot
@pytest.mark.parametrize("name", SAID)
def test_a_program_finds_what_it_asked_for_and_nothing_else(said: list[str], name: str) -> None:
    told = [line for line in said if line[12:].startswith(f"{name}: ")]
    assert told == ([SAID[name]] if name != "segments" else [
        SAID[name], "restart     segments: started again, 1", SAID[name],
        "restart     segments: not started again, after 1",
    ])  # fmt: skip
