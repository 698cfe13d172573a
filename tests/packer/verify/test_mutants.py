"""One change in the kernel's code, and the check of code that it is for finds it."""

from __future__ import annotations

from dataclasses import replace

from packer.checks import (
    every_byte,
    indirect,
    instructions,
    privileged,
    stacks,
)
from stages.claims import Index, Loop
from tests.packer.verify.images import (
    changed,
    codes,
    demonstration,
    found,
    kernel,
    patched,
    texts,
    unnumbered,
    without,
)


def test_bytes_that_are_no_instruction() -> None:
    result = every_byte.check(patched("recompute_rank", "push r12", "0606"))
    assert found(result, "KP2311") == [
        "recompute_rank (stages/ipc/inherit.asm:9): error[KP2311]: the bytes at "
        f"{demonstration().symbols['recompute_rank']:#x} are no instruction, and control comes "
        "there"
    ]


def test_an_instruction_that_swallows_the_next() -> None:
    """A REX prefix in the place of `push rbx`: where the next begins, the source has nothing."""
    result = every_byte.check(patched("print", "push rbx", "48"))
    (text,) = found(result, "KP2311")[:1]
    assert "and finds `" in text
    assert "stages/console/console.asm" in text


def test_code_that_nothing_reaches() -> None:
    kernel_ = patched("syscall_entry", _jump("syscall_entry"), "90" * 6)
    result = every_byte.check(kernel_)
    assert "KP2312" in codes(result.problems)
    (first, *_) = found(result, "KP2312")
    assert "no way in leads to this instruction" in first


def _jump(label: str) -> str:
    subject = demonstration()
    target = subject.symbols["not_short_call"]
    return f"ja {target:#x}"


def test_a_privileged_instruction_where_none_is_claimed() -> None:
    result = privileged.check(patched("print", "inc rbx", "0f00d0"))
    assert unnumbered(result.problems) == [
        "print.next+0xc (stages/console/console.asm): error[KP2313]: has lldt; its stage claims "
        "none"
    ]


def test_a_claimed_instruction_that_is_gone() -> None:
    result = privileged.check(patched("fpu_init", "clts", "6690"))
    assert texts(result.problems) == ["fpu_init: error[KP2313]: has none; its stage claims clts"]


def test_a_table_that_leads_into_an_instruction() -> None:
    subject = demonstration()
    table = subject.symbols["call_table"]
    target = subject.symbols["call_call"] + 1
    result = every_byte.check(kernel(changed(subject, table, target.to_bytes(8, "little"))))
    (text, *_) = found(result, "KP2311")
    assert text.startswith("call_call+0x1 ")


def test_a_table_that_leads_out_of_the_code() -> None:
    subject = demonstration()
    data = subject.symbols["cpu"].to_bytes(8, "little")
    result = indirect.check(kernel(changed(subject, subject.symbols["call_table"], data)))
    (text,) = found(result, "KP2321")
    assert f"may go to {subject.symbols['cpu']:#x} by call_table, outside the kernel's code" in text


def test_an_index_that_is_compared_with_too_much() -> None:
    result = indirect.check(patched("slow_call", "cmp edx, 0x18", "83fa40"))
    (text,) = found(result, "KP2322")
    assert "may have the index 0x3f; call_table has 24 entries" in text


def test_an_index_that_nobody_vouches_for() -> None:
    result = indirect.check(without(Index, "kill_object"))
    (text,) = found(result, "KP2322")
    assert "kill_table has 8 entries" in text


def test_a_return_that_does_not_go_back() -> None:
    result = indirect.check(patched("print_decimal", "add rsp, 0x20", "4883c418"))
    (text,) = found(result, "KP2331")
    assert "`ret` does not go back to the caller: RSP is -0x8 from where it was" in text


def test_a_stack_that_is_too_small() -> None:
    subject = demonstration()
    places = [
        replace(place, virtual=place.end - 0x100, size=0x100)
        if place.name == "kernel_stack"
        else place
        for place in subject.placements
    ]
    result = stacks.check(kernel(replace(subject, placements=places)))
    (text,) = found(result, "KP2333")
    assert (
        "SYSCALL uses 224 bytes of kernel_stack here and an exception 184 more; it has 256" in text
    )


def test_a_loop_that_no_longer_counts() -> None:
    result = instructions.check(patched("recompute_rank.client", "dec r12d", "41ffc4"))
    (text, *_) = found(result, "KP2334")
    assert text.startswith("recompute_rank.next (stages/ipc/inherit.asm:")
    assert "this loop has no bound; it goes through recompute_rank.next" in text


def test_a_loop_that_nobody_bounds() -> None:
    result = instructions.check(without(Loop, "find_top.next_word"))
    (text, *_) = found(result, "KP2334")
    assert text.startswith("find_top.next_word ")


def test_a_loop_that_may_take_too_long() -> None:
    subject = demonstration()
    claims = [
        replace(c, most=1000) if isinstance(c, Loop) and c.label == "find_top.next_word" else c
        for c in subject.claims
    ]
    result = instructions.check(kernel(replace(subject, claims=claims)))
    assert any(
        text.startswith("SYSCALL SIGNAL: error[KP2338]: may take")
        for text in texts(result.problems)
    )
