"""What every system call returns, and what a message carries and does not."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Abi, Call, Status
from tests.stages.harness import boot, passed, system, with_program
from tests.stages.table import ORDER, POISON, WORDS, Result, Row, results, rows_text

CLIENT_FILL = 0x6000_0000
MIRROR_FILL = 0x5E00_0000
"""What client and mirror fill their buffers with, plus the word's number."""

ALL_ONES = (1 << 64) - 1
RECV = f"{int(Call.RECV << Abi.NUMBER_SHIFT)}"
REPLY = int(Call.REPLY_RECV << Abi.NUMBER_SHIFT)
NULL = int(Call.NULL << Abi.NUMBER_SHIFT)
YIELD = int(Call.YIELD << Abi.NUMBER_SHIFT)
LAST = "63 * Slot.size"

BADGES = {"fast": 0xFEDC_BA98_7654_3210, "ported": 0x7000_0000_0000_0001, "low": 3}
LENGTHS = (0, 1, 10, 11, 64, 120)

ERRORS: list[tuple[Row, Status]] = [
    *(
        (Row(f"call.{name}", rax, "cap.fast"), Status.BAD_CALL)
        for name, rax in {
            "first_unknown": f"{int(Abi.CALLS)} << 8",
            "last_number": "0xff << 8",
            "flag_18": "1 << 18",
            "flag_31": "1 << 31",
            "flag_32": "1 << 32",
            "flag_63": "1 << 63",
            "flag_and_reply": f"1 << 18 | {REPLY}",
            "flag_and_null": f"1 << 40 | {NULL}",
            "garbage": "0xdeadbeefcafef00d",
            "ones": f"{ALL_ONES:#x}",
        }.items()
    ),
    *(
        (Row(f"handle.{name}.{words}", str(words), handle), status)
        for words in (0, 11)
        for name, handle, status in (
            ("zero", "0", Status.EMPTY),
            ("empty", "cap.space + Slot.size", Status.EMPTY),
            ("last", LAST, Status.EMPTY),
            ("past", "64 * Slot.size", Status.BAD_HANDLE),
            ("unaligned", "cap.fast + 1", Status.BAD_HANDLE),
            ("half", "cap.fast + Slot.size / 2", Status.BAD_HANDLE),
            ("bit_32", "1 << 32 | cap.fast", Status.BAD_HANDLE),
            ("bit_63", "1 << 63 | cap.fast", Status.BAD_HANDLE),
            ("ones", f"{ALL_ONES:#x}", Status.BAD_HANDLE),
            ("frame", "cap.page", Status.WRONG_TYPE),
            ("space", "cap.space", Status.WRONG_TYPE),
            ("no_right", "cap.no_right", Status.NO_RIGHT),
            ("itself", "cap.self_call", Status.CYCLE),
        )
    ),
    (Row("words.121", "121", "cap.fast"), Status.BAD_ARGUMENT),
    (Row("words.255", "255", "cap.fast"), Status.BAD_ARGUMENT),
    (Row("reply.121", f"{REPLY | 121}"), Status.BAD_ARGUMENT),
    (Row("reply.nobody", f"{REPLY}"), Status.NO_CALLER),
    (Row("reply.nobody.120", f"{REPLY | 120}"), Status.NO_CALLER),
    (Row("null.inexact", f"{NULL | 1}"), Status.BAD_ARGUMENT),
]
"""Calls that fail, and how. None of them may block or have any effect."""

OTHERS = [
    Row("null", f"{NULL}"),
    Row("yield", f"{YIELD}"),
    Row("back", "0", "cap.back"),
    *(
        Row(f"message.{server}.{length}", str(length), f"cap.{server}")
        for server in BADGES
        for length in LENGTHS
    ),
    # The fast path's choice of another: the same call again right after an error.
    Row("after", "10", "cap.fast"),
]


@pytest.fixture(scope="module")
def seen() -> dict[str, Result]:
    """The results by name; what a mirror received is `received.` and the name."""
    rows = [row for row, _ in ERRORS] + OTHERS
    outcome = passed(boot(with_program(system("ipc.toml"), "client", "rows", rows_text(rows))))
    found: dict[str, Result] = {}
    received: Result | None = None
    for result in results(outcome):
        if result.name == "received":
            received = result
            continue
        assert result.name not in found
        found[result.name] = result
        if received:
            found[f"received.{result.name}"], received = received, None
    assert [name for name in found if not name.startswith("received.")] == [r.name for r in rows]
    return found


def poison(name: str) -> int:
    """What the client had in a register that its row does not set."""
    return POISON + ORDER.index(name)


@pytest.mark.boot
@pytest.mark.parametrize(("row", "status"), ERRORS, ids=[row.name for row, _ in ERRORS])
def test_an_error_is_told_and_has_no_effect(
    seen: dict[str, Result], row: Row, status: Status
) -> None:
    result = seen[row.name]
    assert result.status is status
    # The status alone, no word and no kind; the registers come back as 0, rcx and r11 aside, which
    # are the caller's own.
    assert result.registers["rax"] == status << Abi.STATUS_SHIFT
    returned = {name: result.registers[name] for name in ("rdi", *WORDS, "r15")}
    assert returned == dict.fromkeys(returned, 0)
    assert result.changed == 0
    assert f"received.{row.name}" not in seen


@pytest.mark.boot
def test_null_returns_the_version_and_keeps_the_words(seen: dict[str, Result]) -> None:
    registers = seen["null"].registers
    assert registers["rax"] == Abi.VERSION
    kept = ("rdi", *WORDS, "r15")
    assert [registers[name] for name in kept] == [poison(name) for name in kept]


@pytest.mark.boot
def test_yield_succeeds(seen: dict[str, Result]) -> None:
    assert seen["yield"].registers["rax"] == 0


@pytest.mark.boot
def test_a_server_can_neither_call_its_client_back_nor_forget_it(seen: dict[str, Result]) -> None:
    back = seen["back"]
    assert back.registers["rax"] == 2
    assert back.words[:2] == [
        Status.CYCLE << Abi.STATUS_SHIFT,
        Status.OWES_REPLY << Abi.STATUS_SHIFT,
    ]


@pytest.mark.boot
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("server", BADGES)
class TestMessage:
    def test_arrives(self, seen: dict[str, Result], server: str, length: int) -> None:
        received = seen[f"received.message.{server}.{length}"]
        assert received.registers["rax"] == length
        assert received.registers["rdi"] == BADGES[server]
        assert received.words == [poison(name) for name in WORDS]

    def test_is_answered(self, seen: dict[str, Result], server: str, length: int) -> None:
        reply = seen[f"message.{server}.{length}"]
        assert reply.registers["rax"] == length
        assert reply.registers["rdi"] == 0
        assert reply.words == [ALL_ONES ^ poison(name) for name in WORDS]

    def test_long_words_arrive_and_nothing_beyond_them(
        self, seen: dict[str, Result], server: str, length: int
    ) -> None:
        many = max(0, length - Abi.REGISTER_WORDS)
        first = Abi.REGISTER_WORDS if many else ALL_ONES
        last = length - 1 if many else 0
        for name in ("received.message", "message"):
            result = seen[f"{name}.{server}.{length}"]
            assert (result.first, result.last, result.changed) == (first, last, many), name
            assert result.wrong == 0, name

    def test_other_registers_hold_nothing_of_the_partner(
        self, seen: dict[str, Result], server: str, length: int
    ) -> None:
        sent = {poison(name) for name in ORDER} | {CLIENT_FILL, MIRROR_FILL, LEAK}
        for name in ("received.message", "message"):
            registers = seen[f"{name}.{server}.{length}"].registers
            assert registers["r15"] == 0, name
            # What SYSRET leaves there, or 0: an address or flags of the receiver's own.
            assert registers["rcx"] == 0 or 0x400000 <= registers["rcx"] < 0x401000, name
            assert registers["r11"] in (0, 0x202), name
            assert not sent & {registers["rcx"], registers["r11"]}, name


LEAK = 0x1EAC_1EAC_1EAC_1EAC
"""The mirror's poison for what is no word of its reply."""


@pytest.mark.boot
def test_errors_leave_no_trace_in_the_next_message(seen: dict[str, Result]) -> None:
    assert seen["received.after"].words == [poison(name) for name in WORDS]
    assert seen["after"].registers["rax"] == Abi.REGISTER_WORDS
