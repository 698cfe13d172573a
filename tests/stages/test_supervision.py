"""What a supervisor is told of faults and exits, and what its answers do."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Abi, Call, FaultKind, FaultReply, Kind
from kobjects.kernel.addresses import Page, User
from tests.stages.company import START, endpoint, last, task
from tests.stages.harness import boot, passed, system, with_program, words

EXIT = f"    mov eax, {int(Call.EXIT << Abi.NUMBER_SHIFT)}\n    syscall\n"
GONE_ON = 0x60
"""The exit code of a patient that was let go on."""


def exit_with(code: int) -> str:
    return f"    mov edi, {code}\n{EXIT}"


def faulting(reply: int, address: str) -> str:
    """Raises #UD, tells the doctor what to do, and exits at `on`; going on elsewhere faults."""
    return (
        f"    mov eax, {reply}\n    mov rdi, {address}\n    ud2\n    ud2\n    hlt\n"
        f"on:\n{exit_with(GONE_ON)}    hlt\n"
    )


@dataclass(frozen=True)
class Patient:
    """A program, and the FaultKind, vector and code of all that its doctor must be told."""

    text: str
    told: list[tuple[FaultKind, int, int]]


UD = (FaultKind.EXCEPTION, int(Vector.UD), 0)
DONE = (FaultKind.EXIT, 0, GONE_ON)
STOPPED_AT = {
    "limit": int(User.LIMIT),
    "hole": 1 << 47,
    "kernel": 0xFFFF_FFFF_8020_0000,
    "direct": 0xFFFF_8000_0000_0000,
    "highest": (1 << 64) - 2,
}
PATIENTS = {
    "exit": Patient(exit_with(0), [(FaultKind.EXIT, 0, 0)]),
    "code": Patient(
        f"    mov rdi, 0xfedcba9876543210\n{EXIT}", [(FaultKind.EXIT, 0, 0xFEDCBA9876543210)]
    ),
    "again": Patient(exit_with(0xA6A1) + exit_with(GONE_ON), [(FaultKind.EXIT, 0, 0xA6A1), DONE]),
    "resume": Patient(faulting(FaultReply.RESUME, "on"), [UD, DONE]),
    "stop": Patient(faulting(FaultReply.STOP, "on"), [UD]),
    "unknown": Patient(faulting(3, "on"), [UD]),
    "ones": Patient(faulting(-1, "on"), [UD]),
    "high": Patient(f"    mov rax, 1 << 32\n    mov rdi, on\n    ud2\non:\n{EXIT}", [UD]),
    # The first fault is retried by a thread that changed nothing: the page is there now.
    "retry": Patient(
        f"    xor eax, eax\n    mov ecx, {int(User.DEVICES)}\n"
        f"    mov edi, {GONE_ON - 1}\n    inc qword ptr [rcx]\n    add rdi, [rcx]\n{EXIT}",
        [(FaultKind.EXCEPTION, int(Vector.PF), int(User.DEVICES)), DONE],
    ),
    **{
        name: Patient(faulting(FaultReply.RESUME, f"{address:#x}"), [UD])
        for name, address in STOPPED_AT.items()
    },
}


DOCTORS = {
    "fast": ("", 200),
    "ported": ('ports = ["0x80-0x80"]', 200),
    "low": ("", 50),
}
"""How a doctor is found: on the fast path of faults, or off it by a port or a lower priority."""


@pytest.fixture(scope="module", params=DOCTORS)
def told(request: pytest.FixtureRequest) -> dict[str, list[list[int]]]:
    """What one doctor prints of each patient, who is known by its badge."""
    ports, priority = DOCTORS[request.param]
    names = list(PATIENTS)
    ward = {
        "console": endpoint("console"),
        "page": '{ frame = "page", rights = ["read", "write"] }',
        "patient": '{ space = "retry", rights = ["map"] }',
    }
    text = START + task("doctor", "doctor.asm kpack:user/lib.asm", priority, ports, **ward)
    for badge, name in enumerate(names):
        named = 'supervisor = "doctor"'
        text += task(name, "empty.asm", 100, named, doctor=endpoint("doctor", badge))
    of = system(text + last())
    for name, patient in PATIENTS.items():
        of = with_program(of, name, name, patient.text)
    found: dict[str, list[list[int]]] = {name: [] for name in names}
    for line in words(passed(boot(of)), "told"):
        found[names[line[1]]].append(line)
    return found


@pytest.mark.boot
@pytest.mark.parametrize("name", PATIENTS)
def test_the_doctor_is_told_and_obeyed(told: dict[str, list[list[int]]], name: str) -> None:
    lines = told[name]
    assert [(one[2] >> 8, one[2] & 0xFF, one[5]) for one in lines] == PATIENTS[name].told
    for one in lines:
        assert one[0] == FAULT_WORDS | Kind.FAULT << Abi.KIND_SHIFT
        assert User.TEXT <= one[4] < User.TEXT + Page.SIZE
        assert one[6] == User.STACK_TOP
        assert one[10] == 0, "CPU time is not counted yet"
        assert one[11] == BEFORE + list(PATIENTS).index(name), "the place in the manifest"


@pytest.mark.boot
def test_an_exit_has_no_error_code_of_an_earlier_fault(told: dict[str, list[list[int]]]) -> None:
    fault, end = told["retry"]
    assert fault[3] & FROM_RING_3
    assert end[3] == 0


FAULT_WORDS = 10
FROM_RING_3 = 0b100
"""SDM 3, "Page-Fault Exceptions": U/S of the error code."""
BEFORE = 3
"""Tasks before the patients: console, finish, doctor."""
