"""A kernel that notes how many instructions it takes from a way in to a way out.

Under icount the time-stamp counter counts instructions, one for each turn of a repeated string
instruction. The most of any one entry is kept by what came: the number of a system call, or an
interrupt's vector. What the noting itself takes is part of it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from construct import Bytes

from kobjects.kernel.abi import Call
from stages.model import Access, Assembly, Region, Stage, System
from tests.stages.script import Memory

VECTORS = 64
"""The place of vector 0 in the table, behind the numbers of system calls."""
PLACES = VECTORS + 256
ENTRIES = {"syscall_entry": "call", "trap_entry": "trap"}
EXITS = ("sysretq", "iretq")


def begin(name: str, place: str) -> str:
    return f"""
measured_{name}:
    mov     [rip + measured], rax
    mov     [rip + measured + 8], rdx
{place}
    mov     [rip + measured + 16], eax
    rdtsc
    mov     [rip + measured + 20], eax
    mov     rax, [rip + measured]
    mov     rdx, [rip + measured + 8]
    jmp     measured_{name}_on
"""


def end(instruction: str) -> str:
    return f"""
measured_{instruction}:
    mov     [rip + measured], rax
    mov     [rip + measured + 8], rdx
    mov     [rip + measured + 24], rcx
    rdtsc
    cmp     dword ptr [rip + measured + 20], 0
    je      .less                       ; the way out of start-up
    sub     eax, [rip + measured + 20]
    mov     ecx, [rip + measured + 16]
    lea     rdx, [rip + longest]
    cmp     eax, [rdx + rcx * 4]
    jbe     .less
    mov     [rdx + rcx * 4], eax
.less:
    mov     rax, [rip + measured]
    mov     rdx, [rip + measured + 8]
    mov     rcx, [rip + measured + 24]
    {instruction}
"""


def code() -> str:
    number = f"    movzx   eax, ah\n    and     eax, {VECTORS - 1}"
    vector = f"    mov     eax, [rsp]\n    add     eax, {VECTORS}"
    return begin("call", number) + begin("trap", vector) + "".join(map(end, EXITS))


def diverted(text: str) -> str:
    for label, name in ENTRIES.items():
        text = re.sub(
            rf"^{label}:$", f"{label}:\n    jmp     measured_{name}\nmeasured_{name}_on:",
            text, flags=re.MULTILINE,
        )  # fmt: skip
    for instruction in EXITS:
        text = re.sub(
            rf"^    {instruction}$", f"    jmp     measured_{instruction}", text, flags=re.MULTILINE
        )
    return text


def measured(of: System) -> System:
    """The system on a kernel that measures itself."""
    stages = []
    for stage in of.stages:
        sources = [
            dataclasses.replace(one, generate=partial(diverted, one.text()))
            if one.section is Access.TEXT
            else one
            for one in stage.code
        ]
        stages.append(dataclasses.replace(stage, code=sources))
    own = Stage(
        "measured",
        [Assembly(Path("measured"), Access.TEXT, code)],
        [Region("measured", Bytes(32), None), Region("longest", Bytes(PLACES * 4), None)],
    )
    return dataclasses.replace(of, stages=[*stages, own])


def longest(memory: Memory) -> Mapping[str, int]:
    """The most instructions of each kind of entry that there was."""
    data = memory.region("longest")
    counts = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]
    names = [call.name for call in Call]
    names += [str(number) for number in range(len(names), VECTORS)]
    names += [f"vector {number}" for number in range(PLACES - VECTORS)]
    return {name: count for name, count in zip(names, counts, strict=True) if count}
