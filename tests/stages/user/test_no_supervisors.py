"""Services whom somebody takes for its supervisor: they end it, and go on serving."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Call
from kobjects.kernel.services import ClockRequest, ConsoleRequest, KeyboardRequest, Result
from tests.stages.company import endpoint, last, task
from tests.stages.harness import boot, system, with_program
from tests.stages.steps import PROGRAM, Step, by_name, scripted
from tests.stages.user.services import CLOCK, CONSOLE, IMAGE, KEYBOARD, NAMES, stand_in

REQUESTS = {
    "console": (ConsoleRequest.DEVICES, Result.OK),
    "clock": (ClockRequest.NOW, Result.OK),
    "keyboard": (KeyboardRequest.STATE, Result.ABSENT),
}
"""What each is asked afterwards, and what it answers on a microvm."""

BOTH = {"fault": "    ud2\n", "exit": "    mov eax, Call.EXIT << Abi.NUMBER_SHIFT\n    syscall\n"}


@pytest.mark.boot
@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("service", REQUESTS)
def test_a_service_that_is_told_of_a_fault_goes_on(service: str, how: str) -> None:
    ward = task("ward", "empty.asm", 60, 'supervisor = "boss"', boss=endpoint(service, 5))
    finish = task("finish", "../../../bench/guest/finish.asm", 210, 'ports = ["0xf4-0xf4"]')
    asker = task("asker", PROGRAM, 50, console=endpoint("console"), server=endpoint(service))
    text = IMAGE + CONSOLE + NAMES + CLOCK + KEYBOARD + ward + asker + finish + last()
    of = with_program(stand_in(system(text), "names", []), "ward", "its end", BOTH[how])
    request, result = REQUESTS[service]
    step = Step("asked", Call.CALL, "cap.server", (int(request),))
    told = by_name(boot(scripted(of, asker=(step,))))
    assert told["asked"].words[0] == result
