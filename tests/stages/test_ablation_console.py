"""The kernel's own voice at its edges: no screen, a full one, line ends, places without a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.devices.vga import TEXT_ADDRESS, TEXT_COLUMNS, TEXT_ROWS
from packer.build import artifacts, build
from packer.machine import qemu
from packer.machine.outcome import Outcome, exit_status
from packer.machine.qemu import Launch
from packer.machine.qmp import Monitor
from packer.machine.run import Company, run
from stages.model import Assembly, System
from stages.vectors import DebugExit
from tests.stages import harness, kernels
from tests.stages.company import START, last

pytestmark = pytest.mark.boot

SCREEN_BYTES = TEXT_ROWS * TEXT_COLUMNS * 2
LINES = 40


def small() -> System:
    return harness.system(START + last())


def kernel(label: str, text: str) -> System:
    """The kernel that jumps to a label of this text once every stage is up."""
    source = Assembly(Path("own.asm"), generate=lambda: text)
    return kernels.instead_of_tasks(small(), label, source)


def jumping_to(address: str) -> System:
    return kernel("away", f"away:\n    mov     rcx, {address}\n    jmp     rcx\n")


PANIC = kernels.LEAVE.replace("enter_tasks", "panic")


@pytest.mark.parametrize("ending", ["tasks", "panic", "trap"])
def test_without_a_screen_nothing_is_written_where_one_would_be(ending: str) -> None:
    """On microvm those addresses are memory."""
    of = small()
    if ending == "trap":
        of = jumping_to("0x5000")
    elif ending == "panic":
        of = kernels.patched(
            of, "entry.asm", kernels.LEAVE, f"    lea rsi, [rip + text_vga]\n{PANIC}"
        )
    held: list[bytes] = []

    def ask(monitor: Monitor) -> None:
        held.append(monitor.memory(TEXT_ADDRESS, SCREEN_BYTES))

    outcome = harness.boot(of, ask=ask)
    code = DebugExit.PASSED if ending == "tasks" else DebugExit.PANIC
    assert outcome.exit_code == exit_status(code)
    assert held == [bytes(SCREEN_BYTES)]


def test_a_reason_without_a_trap_has_no_registers() -> None:
    why = f"    lea     rsi, [rip + text_vga]\n    mov     rdi, 1 << 63\n{PANIC}"
    of = kernels.patched(small(), "entry.asm", kernels.LEAVE, why)
    assert harness.lines(harness.boot(of))[-1] == "kernel panic: VGA text 80x25"


def test_lines_end_as_terminals_want_it(tmp_path: Path) -> None:
    (artifact, _) = artifacts(build(small()), ["pvh"])
    path = tmp_path / artifact.name
    path.write_bytes(artifact.data)
    sent = bytearray()
    run(path, qemu.MICROVM, Launch(icount=True), company=Company(show=sent.extend))
    assert sent.count(b"\n") == sent.count(b"\r\n") > 5


COUNT = f"""
count_lines:
    call    clear_screen
    xor     ebx, ebx
.next:
    mov     edi, ebx
    call    print_decimal
    mov     edi, '\\n'
    call    print_char
    inc     ebx
    cmp     ebx, {LINES}
    jb      .next
    mov     dx, DebugExit.PORT
    mov     al, DebugExit.PASSED
    out     dx, al
.halt:
    hlt
    jmp     .halt
"""


def test_a_full_screen_scrolls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "TARGETS", {"pvh": [qemu.PC]})
    outcome = harness.boot(kernel("count_lines", COUNT), ask=lambda monitor: None)
    shown = [line.strip() for line in outcome.screen]
    assert shown == [*map(str, range(LINES - TEXT_ROWS + 1, LINES)), ""]


def where(outcome: Outcome) -> str:
    """What the panic screen says of the place."""
    return harness.lines(outcome)[-1].removeprefix("at").strip()


def test_a_place_below_every_symbol_has_no_name() -> None:
    assert where(harness.boot(jumping_to("0x5000"))) == "no kernel symbol"


def test_a_place_above_every_symbol_is_told_from_the_last() -> None:
    of = jumping_to("0xffffffffffff0000")
    image = build(of)
    text = image.layout.placement("kernel.text")
    labels = [
        (address, name)
        for name, address in image.symbols.items()
        if text.virtual <= address < text.end and "." not in name and not name.startswith("trap_")
    ]
    address, name = max(labels)
    assert where(harness.boot(image)) == f"{name} + {0xFFFFFFFFFFFF0000 - address}"
