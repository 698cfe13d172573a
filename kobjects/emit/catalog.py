"""Every schema of kobjects by name: classes, modules and rooms."""

from __future__ import annotations

import enum
import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import kobjects
from kobjects.errors import UnknownNameError, unknown_name
from kobjects.schema import Schema

ROOMS = ("cpu", "devices", "firmware", "kernel")
"""The packages whose schemas are for others."""


def find(names: Iterable[str]) -> list[Any]:
    """The schemas that these names mean, each once: a class `Thread`, a module `kernel.thread`, or
    a room `kernel`. UnknownNameError suggests the nearest.
    """
    found: dict[Any, None] = {}
    known = catalog()
    for name in names:
        if name not in known:
            raise _unknown(name, known)
        found |= dict.fromkeys(known[name])
    return list(found)


def everything() -> list[Any]:
    """All schemas, in the order of rooms, modules and declaration."""
    return find(ROOMS)


@cache
def catalog() -> Mapping[str, Sequence[Any]]:
    """Name -> schemas. A class name that several modules have means all of those classes."""
    found: dict[str, list[Any]] = {room: [] for room in ROOMS}
    for room in ROOMS:
        package = importlib.import_module(f"{kobjects.__name__}.{room}")
        for entry in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{entry.name}")
            own = [value for value in vars(module).values() if _is_schema_of(value, module)]
            found[f"{room}.{entry.name}"] = own
            found[room] += own
            for schema in own:
                found.setdefault(schema.__name__, []).append(schema)
    return found


def _is_schema_of(value: Any, module: Any) -> bool:
    """Whether a module itself declares this, and it has a size or members."""
    if not isinstance(value, type) or value.__module__ != module.__name__:
        return False
    if isinstance(value, Schema):
        return value._codec is not None
    return issubclass(value, enum.IntEnum | enum.IntFlag) and bool(value.__members__)


def _unknown(name: str, known: Iterable[str]) -> UnknownNameError:
    return unknown_name("kobjects", name, known, "schema, module or room")
