"""Services whom somebody takes for its supervisor: they end it, and go on serving."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Call
from kobjects.kernel.services import (
    ClockRequest,
    ConsoleRequest,
    FileRequest,
    KeyboardRequest,
    NameRequest,
    Result,
)
from kobjects.kernel.thread import ThreadState
from tests.stages.company import endpoint, last, task
from tests.stages.harness import boot, system, with_program
from tests.stages.steps import PROGRAM, Step, by_name, scripted
from tests.stages.user.services import CLOCK, CONSOLE, IMAGE, KEYBOARD, own

SERVERS = (
    CONSOLE,
    task("names", "kpack:user/names.asm", 185),
    CLOCK,
    KEYBOARD,
    task("files", "kpack:user/files.asm kpack:user/register.asm", 175, "modules = true",
         **own("files")),
    task("printer", "kpack:user/console.asm kpack:console/drivers.asm", 170,
         'ports = ["0x3f8-0x3ff", "0x3cc-0x3cc", "0x3d4-0x3d5"]'),
)  # fmt: skip
"""All that are no supervisors; the printer is asked for empty text."""

REQUESTS = {
    "console": (ConsoleRequest.DEVICES, Result.OK),
    "clock": (ClockRequest.NOW, Result.OK),
    "keyboard": (KeyboardRequest.STATE, Result.ABSENT),
    "names": (NameRequest.LIST, Result.END),
    "files": (FileRequest.LIST, Result.END),
}
"""What each is asked afterwards, and what it answers on a microvm."""

BOTH = {"fault": "    ud2\n", "exit": "    mov eax, Call.EXIT << Abi.NUMBER_SHIFT\n    syscall\n"}


@pytest.mark.boot
@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("service", [*REQUESTS, "printer"])
def test_a_service_that_is_told_of_a_fault_goes_on(service: str, how: str) -> None:
    """And the thread is stopped: an answer of another meaning would let it fault for ever."""
    ward = task("ward", "empty.asm", 60, 'supervisor = "boss"', boss=endpoint(service, 5))
    finish = task("finish", "../../../bench/guest/finish.asm", 210, 'ports = ["0xf4-0xf4"]')
    asker = task("asker", PROGRAM, 50, console=endpoint("console"), server=endpoint(service),
                 ward='{ thread = "ward", rights = ["read"] }')  # fmt: skip
    text = IMAGE + "".join(SERVERS) + ward + asker + finish + last()
    of = with_program(system(text), "ward", "its end", BOTH[how])
    request, result = REQUESTS.get(service, (0, Result.OK))
    words = (int(request),) * (10 if service == "printer" else 1)
    steps = (
        Step("sent", Call.SEND, "cap.server", words),
        Step("asked", Call.CALL, "cap.server", words),
        Step("ward", Call.INSPECT, "cap.ward"),
    )
    told = by_name(boot(scripted(of, asker=steps)))
    assert told["asked"].words[0] == result
    assert told["ward"].words[3] == ThreadState.STOPPED
