"""COM1 as the kernel sets it, and what becomes of bytes while the line is held."""

from __future__ import annotations

import fcntl
import os
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from packer.machine.outcome import exit_status
from stages.model import Assembly, System
from stages.vectors import DebugExit
from tests.stages import harness, kernels
from tests.stages.company import START, last

pytestmark = pytest.mark.boot

LINES = 1500
"""So many numbers are more than a pipe of one page and the UART's queue take."""
PIPE = 4096
HELD = 0.1
"""Seconds from when it is full until anybody reads."""
PATIENCE = "const PATIENCE      = 0x10000 "

COUNT = f"""
count_lines:
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


def counting(patience: int) -> System:
    """The kernel that says LINES numbers, and looks so often at a line that is held."""
    source = Assembly(Path("own.asm"), generate=lambda: COUNT)
    of = kernels.instead_of_tasks(harness.system(START + last()), "count_lines", source)
    return kernels.patched(of, "drivers.asm", PATIENCE, f"const PATIENCE = {patience} ")


@pytest.fixture
def pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The far end of COM1, which holds the line until somebody reads."""
    for way in ("in", "out"):
        os.mkfifo(tmp_path / f"com1.{way}")
    end = os.open(tmp_path / "com1.out", os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE)
    harness.changed(monkeypatch, {"-serial": f"pipe:{tmp_path / 'com1'}"})
    yield end
    os.close(end)


def test_a_line_that_is_held_loses_nothing_while_the_kernel_has_patience(pipe: int) -> None:
    said = bytearray()
    ended = threading.Event()

    def waiting() -> int:
        return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), "little")

    def read() -> None:
        while waiting() < PIPE and not ended.is_set():
            time.sleep(0.01)
        time.sleep(HELD)
        while True:
            over = ended.is_set()
            try:
                said.extend(os.read(pipe, PIPE))
            except BlockingIOError:
                if over:
                    return
                time.sleep(0.001)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        outcome = harness.boot(counting(0x7FFFFFFF))
    finally:
        ended.set()
        reader.join()
    assert outcome.exit_code == exit_status(DebugExit.PASSED)
    assert said.decode().split("\r\n")[-LINES - 1 :] == [*map(str, range(LINES)), ""]


@pytest.mark.usefixtures("pipe")
def test_a_line_that_stays_held_holds_nobody_up() -> None:
    assert harness.boot(counting(16)).exit_code == exit_status(DebugExit.PASSED)


LOOK = """
look:
    {read}
    movzx   ebx, al
    mov     edi, '#'
    call    print_char
    mov     rdi, rbx
    call    print_decimal
    mov     edi, '\\n'
    call    print_char
    mov     dx, DebugExit.PORT
    mov     al, DebugExit.PASSED
    out     dx, al
.halt:
    hlt
    jmp     .halt
"""
LATCH = "mov dx, Com1.LINE_CONTROL\n mov al, LineControl.divisor_latch\n out dx, al\n"
UNLATCH = "mov bl, al\n mov dx, Com1.LINE_CONTROL\n mov al, 3\n out dx, al\n mov al, bl\n"
LEFT = f"""
{LATCH}
    mov     dx, Com1.DIVISOR_LOW
    mov     al, 0x77
    out     dx, al
    mov     dx, Com1.DIVISOR_HIGH
    out     dx, al
    mov     dx, Com1.LINE_CONTROL
    mov     al, 0x1e
    out     dx, al
    mov     dx, Com1.INTERRUPT_ENABLE
    mov     al, 0x0f
    out     dx, al
    call    console_init
"""
SETTINGS = {
    "no interrupt": ("mov dx, Com1.INTERRUPT_ENABLE\n in al, dx\n", 0),
    "8N1": ("mov dx, Com1.LINE_CONTROL\n in al, dx\n", 3),
    "divisor": (f"{LATCH} mov dx, Com1.DIVISOR_LOW\n in al, dx\n{UNLATCH}", 1),
    "divisor's high byte": (f"{LATCH} mov dx, Com1.DIVISOR_HIGH\n in al, dx\n{UNLATCH}", 0),
}
"""What the data sheet of the 16550 says of 115,200 baud, 8 bits, no parity, one stop bit."""


@pytest.mark.parametrize("what", SETTINGS)
def test_the_uart_is_set_whatever_the_firmware_left(what: str) -> None:
    read, expected = SETTINGS[what]
    source = Assembly(Path("own.asm"), generate=lambda: LOOK.format(read=read))
    of = kernels.instead_of_tasks(harness.system(START + last()), "look", source)
    of = kernels.patched(of, "entry.asm", "    call    console_init\n", LEFT)
    outcome = harness.boot(of)
    assert outcome.exit_code == exit_status(DebugExit.PASSED)
    assert harness.lines(outcome)[-1] == f"#{expected}"
