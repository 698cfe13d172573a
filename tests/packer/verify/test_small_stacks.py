"""Stacks of kernels of a few lines: how deep they are proved to be, and what is not proved."""

from __future__ import annotations

from packer.checks import stacks
from stages.claims import Stack
from tests.packer.verify.images import kernel, small, texts

STACK = "    lea rsp, [rip + stack + 5200]\n"


def test_the_depth_of_calls_is_added_up() -> None:
    code = f"kernel_entry:\n{STACK}    push rax\n    call one\n    pop rax\n    iretq\n"
    code += "one:\n    push rbx\n    push rbx\n    pop rbx\n    pop rbx\n    ret\n"
    rows = stacks.check(kernel(small(code))).rows
    assert [row["bytes"] for row in rows if row["stack"] == "stack"] == [8 + 8 + 16]


def test_of_two_depths_of_one_stack_the_deeper_counts() -> None:
    code = f"kernel_entry:\n{STACK}    test eax, eax\n    jz .met\n    sub rsp, 64\n"
    code += ".met:\n    push rbx\n"
    result = stacks.check(kernel(small(code + "    iretq\n")))
    assert texts(result.problems) == []
    assert [row["bytes"] for row in result.rows if row["stack"] == "stack"] == [64 + 8]


def test_ways_that_meet_with_different_stacks() -> None:
    code = f"kernel_entry:\n    test eax, eax\n    jz .other\n{STACK}    jmp .met\n.other:\n"
    code += "    mov rsp, [rip + counters]\n.met:\n    push rbx\n    iretq\n"
    given = Stack("kernel_entry.other", 8, "why")
    (text,) = texts(stacks.check(kernel(small(code, given))).problems)
    assert "RSP is not the same by all ways that meet at kernel_entry.met" in text
    both = Stack("kernel_entry.met", 8, "why")
    assert texts(stacks.check(kernel(small(code, given, both))).problems) == []


def test_a_stack_from_memory_needs_a_claim() -> None:
    code = "kernel_entry:\n    mov rsp, [rip + counters]\n    push rax\n    iretq\n"
    (text,) = texts(stacks.check(kernel(small(code))).problems)
    assert "error[KP2332]: `mov rsp" in text
    assert "loads RSP from where the bytes do not show" in text
    assert texts(stacks.check(kernel(small(code, Stack("kernel_entry", 8, "why")))).problems) == []
    (text,) = texts(stacks.check(kernel(small(code, Stack("kernel_entry", 0, "why")))).problems)
    assert text.endswith("error[KP2333]: the stack is 8 bytes deep here, and has 0")


def test_a_stack_that_is_nowhere() -> None:
    code = "kernel_entry:\n    mov rsp, 0x1234560\n    push rax\n    iretq\n"
    found = texts(stacks.check(kernel(small(code))).problems)
    assert found[0].endswith("error[KP2332]: RSP is 0x1234560, which is in no region")
