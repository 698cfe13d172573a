"""Kernels of a few lines: what is proved of them, and what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from packer.checks import every_byte, indirect, instructions
from packer.checks.code import checks
from packer.flow.cost import Cost
from stages.claims import (
    Budget,
    Claim,
    Copy,
    Drawing,
    Index,
    Loop,
    Once,
    Poll,
    Within,
    Worked,
)
from tests.packer.verify.images import kernel, small, texts

LEAVE = "    iretq\n"


def cost(code: str, *claims: Claim, text: str = "") -> Cost:
    """Of a kernel that enters at kernel_entry and leaves by IRETQ."""
    result = instructions.check(kernel(small(f"kernel_entry:\n{code}", *claims, text=text)))
    assert texts(result.problems) == []
    return instructions.steps(result)["start-up"]


def complaints(code: str, *claims: Claim) -> list[str]:
    subject = small(f"kernel_entry:\n{code}", *claims)
    return texts(instructions.check(kernel(subject)).problems)


def test_the_longer_way_counts() -> None:
    code = "    test eax, eax\n    jz .short\n    nop\n    nop\n.short:\n"
    assert cost(code + LEAVE).steps == 5


def test_calls_count_with_what_they_call() -> None:
    assert (
        cost("    call one\n    call one\n" + LEAVE + "one:\n    nop\n    ret\n").steps == 2 * 3 + 1
    )


@pytest.mark.parametrize(("first", "jump", "rounds"), [(7, "jnz", 7), (7, "jns", 8)])
def test_a_loop_that_counts_down_needs_no_claim(first: int, jump: str, rounds: int) -> None:
    code = f"    mov ecx, {first}\n.next:\n    nop\n    dec ecx\n    {jump} .next\n"
    assert cost(code + LEAVE).steps == 1 + 3 * rounds + 1


def test_a_loop_that_counts_up_needs_no_claim() -> None:
    code = "    xor ecx, ecx\n.next:\n    nop\n    inc ecx\n    cmp ecx, 9\n    jb .next\n"
    assert cost(code + LEAVE).steps == 1 + 4 * 9 + 1


def test_a_counter_may_live_through_calls_that_keep_it() -> None:
    code = "    mov ebx, 5\n.next:\n    call one\n    dec ebx\n    jnz .next\n"
    kept = "one:\n    push rbx\n    xor ebx, ebx\n    pop rbx\n    ret\n"
    assert cost(code + LEAVE + kept).steps == 1 + 5 * (3 + 4) + 1
    lost = "one:\n    xor ebx, ebx\n    ret\n"
    assert complaints(code + LEAVE + lost) != []


@pytest.mark.parametrize(
    "code",
    [
        "    mov ecx, eax\n.next:\n    dec ecx\n    jnz .next\n",
        "    mov ecx, 4\n.next:\n    inc ecx\n    dec ecx\n    jnz .next\n",
        "    mov ecx, 4\n.next:\n    test eax, eax\n    jz .next\n    dec ecx\n    jnz .next\n",
    ],
)
def test_loops_that_are_not_shown_to_end(code: str) -> None:
    (text,) = complaints(code + LEAVE)
    assert text == (
        "kernel_entry.next (tiny/entry.asm:4): error[KP2334]: this loop has no bound; it goes "
        "through kernel_entry.next"
    )


def test_a_claimed_bound_is_taken() -> None:
    code = ".next:\n    dec ecx\n    jnz .next\n"
    assert cost(code + LEAVE, Loop("kernel_entry.next", 6, "why")).steps == 6 * 2 + 1


def test_loops_in_loops_multiply_and_totals_do_not() -> None:
    code = "    mov ebx, 4\n.outer:\n    nop\n.inner:\n    dec ecx\n    jnz .inner\n"
    code += "    dec ebx\n    jnz .outer\n"
    each = Loop("kernel_entry.inner", 10, "why")
    assert cost(code + LEAVE, each).steps == 1 + 4 * (1 + 20 + 2) + 1
    all_together = Loop("kernel_entry.inner", 10, "why", total=True)
    assert cost(code + LEAVE, all_together).steps == 1 + 4 * (1 + 2 + 2) + 20 + 1


def test_waiting_for_a_device_is_counted_apart() -> None:
    code = "    mov ecx, 100\n.wait:\n    in al, dx\n    dec ecx\n    jnz .wait\n"
    assert cost(code + LEAVE, Poll("kernel_entry.wait", "why")) == Cost(1 + 3 + 1, 0, 3 * 99)


def test_drawing_is_counted_apart_with_its_pixels() -> None:
    code = "    call draw\n" + LEAVE
    draw = "draw:\n    mov ecx, 5\n    rep stosd\n    ret\n"
    assert cost(code + draw) == (5, 5, 0, 0)
    assert cost(code + draw, Drawing("draw", "why")) == (2, 0, 0, 3 + 5)


def test_a_loop_that_draws_needs_a_bound_too() -> None:
    code = "    call draw\n" + LEAVE + "draw:\n.next:\n    dec ecx\n    jnz .next\n    ret\n"
    (text,) = complaints(code, Drawing("draw", "why"))
    assert "error[KP2334]: this loop has no bound" in text


def test_repetitions_are_counted_apart() -> None:
    assert cost("    mov ecx, 12\n    rep stosq\n" + LEAVE) == Cost(3, 12, 0)
    copy = Copy("kernel_entry", 99, "why")
    assert cost("    rep movsq\n" + LEAVE, copy) == Cost(2, 99, 0)
    (text,) = complaints("    rep movsq\n" + LEAVE)
    assert "error[KP2335]: `rep movsq" in text
    assert "may repeat 0xffffffffffffffff times" in text


def test_work_is_paid_for_once_whatever_the_loops() -> None:
    """Two loops share 100 units: one costs 3 instructions a unit, the other 8 for two units."""
    code = (
        "    mov r15d, 100\n"
        ".cheap:\n    sub r15d, 1\n    js .done\n    jmp .cheap_or_dear\n"
        ".dear:\n    sub r15d, 2\n    js .done\n    nop\n    nop\n    nop\n    nop\n"
        "    test eax, eax\n    jz .cheap\n    jmp .dear\n"
        ".cheap_or_dear:\n    test eax, eax\n    jz .cheap\n    jmp .dear\n"
        ".done:\n"
    )
    claims: list[Claim] = [
        Budget("kernel_entry", "r15", 100, 2, "why"),
        Worked("kernel_entry.cheap", "why"),
        Worked("kernel_entry.dear", "why"),
    ]
    steps = cost(code + LEAVE, *claims).steps
    # A round of .cheap is 5 or 6 instructions for a unit: that is the dearest.
    assert 5 * 100 <= steps <= 6 * 102 + 20


def test_a_budget_that_a_round_does_not_spend() -> None:
    code = "    mov r15d, 100\n.next:\n    test eax, eax\n    jz .next\n    sub r15d, 1\n"
    claims: list[Claim] = [
        Budget("kernel_entry", "r15", 100, 1, "why"),
        Worked("kernel_entry.next", "why"),
    ]
    (text,) = complaints(code + LEAVE, *claims)
    assert "KP2336" in text


def test_what_happens_once_is_counted_once() -> None:
    code = "    mov ebx, 4\n.next:\n    call one\n    dec ebx\n    jnz .next\n" + LEAVE
    code += "one:\n" + "    nop\n" * 50 + "    ret\n"
    assert cost(code, Once("one", "why")).steps == 1 + 4 * 3 + 51 + 1


def test_a_bound_within_one_caller() -> None:
    code = "    call one\n    call two\n" + LEAVE
    code += "one:\n    call work\n    ret\ntwo:\n    call work\n    ret\n"
    code += "work:\n.next:\n    dec ecx\n    jnz .next\n    ret\n"
    claims: list[Claim] = [Loop("work.next", 10, "why"), Within("work.next", "two", 2, "why")]
    assert cost(code, *claims).steps == (2 + 20 + 1 + 1) + (2 + 4 + 1 + 1) + 1


def test_the_panic_screen_is_no_way_out() -> None:
    code = "    test eax, eax\n    jnz panic\n" + LEAVE + "panic:\n" + "    nop\n" * 99
    assert cost(code + "    cli\n.halt:\n    hlt\n    jmp .halt\n").steps == 3


def test_a_function_that_calls_itself() -> None:
    code = "    call one\n" + LEAVE + "one:\n    call one\n    ret\n"
    result = indirect.check(kernel(small(f"kernel_entry:\n{code}")))
    assert "one (tiny/entry.asm:5): error[KP2330]: one calls itself, perhaps through others" in (
        texts(result.problems)
    )


def test_a_jump_through_a_register() -> None:
    result = indirect.check(kernel(small("kernel_entry:\n    jmp rax\n")))
    assert texts(result.problems) == [
        "kernel_entry (tiny/entry.asm:2): error[KP2321]: `jmp rax` goes to where the bytes do not "
        "show"
    ]


TABLE = (
    'greeting:\n    .asciz "x"\n    .align 8\nways:\n    .quad 0, one, one\nafter:\n    .long 1\n'
)


def test_a_table_ends_at_the_next_label() -> None:
    code = "kernel_entry:\n    cmp eax, 3\n    jae .no\n    jmp [rax*8 + ways]\n.no:\n"
    code = code.replace("cmp eax", "mov eax, eax\n    cmp eax")
    code += "    iretq\none:\n    iretq\n"
    result = indirect.check(kernel(small(code, text=TABLE)))
    assert texts(result.problems) == []
    assert [row["targets"] for row in result.rows] == ["one"]


def test_a_table_is_not_followed_beyond_what_is_compared() -> None:
    code = "kernel_entry:\n    mov eax, eax\n    cmp eax, 4\n    jae .no\n"
    code += "    jmp [rax*8 + ways]\n.no:\n    iretq\none:\n    iretq\n"
    (text,) = texts(indirect.check(kernel(small(code, text=TABLE))).problems)
    assert "may have the index 0x3; ways has 3 entries" in text
    claimed = indirect.check(kernel(small(code, Index("kernel_entry", "why"), text=TABLE)))
    assert texts(claimed.problems) == []


def test_an_unreached_instruction() -> None:
    result = every_byte.check(kernel(small("kernel_entry:\n    iretq\nlost:\n    nop\n    nop\n")))
    assert texts(result.problems) == [
        "lost (tiny/entry.asm:4): error[KP2312]: no way in leads to this instruction"
    ]


def test_control_that_runs_into_data() -> None:
    (first, *_) = texts(
        every_byte.check(kernel(small("kernel_entry:\n    nop\n    .byte 0x90\n"))).problems
    )
    assert "which tiny/entry.asm:3 declares as data" in first


def test_a_claim_that_nothing_needs() -> None:
    subject = kernel(small("kernel_entry:\n    iretq\n", Loop("kernel_entry", 3, "why")))
    instructions.check(subject)
    assert texts(subject.claimed.unused()) == [
        "kernel_entry: error[KP2337]: Loop of kernel_entry is claimed, and nothing needs it"
    ]


def test_an_image_without_code() -> None:
    subject = replace(small("kernel_entry:\n    iretq\n"), text=None)
    assert texts(problem for result in checks(subject) for problem in result.problems) == [
        "tiny: error[KP2310]: there is no unit kernel.text"
    ]


def test_an_image_without_a_way_in() -> None:
    subject = small("kernel_entry:\n    iretq\n")
    nameless = {name: at for name, at in subject.symbols.items() if name != "kernel_entry"}
    found = texts(every_byte.check(kernel(replace(subject, symbols=nameless))).problems)
    assert found[0] == "kernel.text: error[KP2310]: there is no way in"


def test_numbers_that_grow_in_a_loop_are_given_up_and_the_rest_is_not() -> None:
    """The counter's limit is found behind the loop, whatever else went up in it."""
    code = "    xor eax, eax\n    mov ebx, 3\n.next:\n    add eax, 5\n    dec ecx\n    jnz .next\n"
    code += ".more:\n    nop\n    dec ebx\n    jnz .more\n"
    steps = cost(code + LEAVE, Loop("kernel_entry.next", 100, "why")).steps
    assert steps == 2 + 3 * 100 + 3 * 3 + 1
