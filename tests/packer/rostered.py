"""A manifest with a roster, and the files that it names."""

from __future__ import annotations

from pathlib import Path

MANIFEST = """\
[image]
name = "roster"
targets = ["pvh"]
[modules]
text = "text"
two = { program = ["two.asm"], priority = 6 }
[modules.tool]
program = ["one.asm"]
priority = 5
start = true
operator = true
ports = ["0x70-0x71", "0x80"]
frames = 5
objects = 2
modules = true
[[task]]
name = "root"
program = ["one.asm"]
priority = 200
root = true
roster = true
modules = true
slots = 1024
[task.capabilities]
info = { frame = "boot_info", rights = ["read"] }
[[task]]
name = "two"
program = ["two.asm"]
priority = 100
supervisor = "boss"
operator = true
restart = "always"
restarts = 9
restart_delay = 7
[task.capabilities]
boss = { endpoint = "root", rights = ["call"], badge = 3 }
[[task]]
name = "alone"
program = ["one.asm"]
priority = 1
[task.capabilities]
line = { irq = "4", rights = ["ack"], badge = 1 }
"""


def write(folder: Path) -> None:
    """The files that the manifest names."""
    (folder / "one.asm").write_text("one:\n.local:\n    jmp one\n")
    (folder / "two.asm").write_text(
        "two:\n    nop\n.own:\n    jmp .own\na_label_of_more_than_23_characters:\n"
    )
    (folder / "text").write_bytes(b"x" * 5000)
