"""The text of manifests whose tasks depend on the test."""

from __future__ import annotations

START = """\
[image]
name = "tasks"
targets = ["pvh"]
[frames]
page = {}
[[task]]
name = "console"
program = ["kpack:user/console.asm", "kpack:console/drivers.asm"]
priority = 220
ports = ["0x3f8-0x3ff", "0x3cc-0x3cc", "0x3d4-0x3d5"]
physical = { "0x500000" = "0xb8000-0xb8fff" }
[[task]]
name = "finish"
program = ["../../../bench/guest/finish.asm"]
priority = 210
ports = ["0xf4-0xf4"]
"""
"""The image, one frame, the console, and who ends the run."""


def task(name: str, program: str, priority: int, *more: str, **capabilities: str) -> str:
    """One task. `more` are lines before its capabilities; those are TOML's tables."""
    names = ", ".join(f'"{file}"' for file in program.split())
    given = [f"{key} = {value}" for key, value in capabilities.items()]
    head = ["[[task]]", f'name = "{name}"', f"program = [{names}]", f"priority = {priority}"]
    return "\n".join([*head, *more, "[task.capabilities]", *given, ""])


def endpoint(of: str, badge: int = 0) -> str:
    """The right to call a task."""
    return f'{{ endpoint = "{of}", rights = ["call"], badge = {badge} }}'


def last(priority: int = 1) -> str:
    """The task that ends the run once all of a higher priority wait."""
    program = "last.asm kpack:user/lib.asm"
    return task("last", program, priority, console=endpoint("console"), finish=endpoint("finish"))
