"""Runs inside gdb, started by `kpack debug`: the command `kpack` shows the kernel's structures.

gdb has a Python of its own, so what it imports here is given to it by path, and needs nothing that
is compiled. `kpack TOPIC` shows what `kpack live TOPIC` does; `kpack at ADDRESS SCHEMA` shows the
structure of that name at an address, as in `kpack at &gdt stages.boot.stage.GlobalDescriptorTable`.
"""

from __future__ import annotations

import importlib
from typing import Any

import gdb  # type: ignore[import-untyped,import-not-found,unused-ignore]  # only in gdb

from packer.live.rows import TOPICS, text
from packer.live.view import ForeignError, KernelView


def read(address: int, size: int) -> bytes:
    """Memory as the processor sees it now."""
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except gdb.MemoryError as error:
        raise LookupError(str(error)) from error


def structure(name: str) -> Any:
    """A schema by module and name. gdb.GdbError for none."""
    module, _, last = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), last)
    except (ImportError, AttributeError, ValueError) as error:
        raise gdb.GdbError(f"{name} is no schema: {error}") from error


class Kpack(gdb.Command):  # type: ignore[misc]
    """Show the kernel's structures: kpack threads|spaces|caps|cpu|irqs, kpack at ADDRESS SCHEMA."""

    def __init__(self) -> None:
        super().__init__("kpack", gdb.COMMAND_DATA)

    def invoke(self, argument: str, _from_tty: bool) -> None:
        words = gdb.string_to_argv(argument)
        if len(words) == 3 and words[0] == "at":
            address = int(gdb.parse_and_eval(f"(unsigned long)({words[1]})"))
            schema = structure(words[2])
            print(schema.parse(read(address, schema.sizeof())))
            return
        if len(words) != 1 or words[0] not in TOPICS:
            raise gdb.GdbError(f"kpack {'|'.join(TOPICS)}, or kpack at ADDRESS SCHEMA")
        try:
            view = KernelView(read, int(gdb.parse_and_eval("(unsigned long)&cpu")))
            print(text(list(TOPICS[words[0]](view))))
        except ForeignError as error:
            raise gdb.GdbError(f"not yet: {error}") from error

    def complete(self, typed: str, word: str) -> list[str]:
        return [name for name in (*TOPICS, "at") if name.startswith(word)] if typed == word else []


Kpack()
