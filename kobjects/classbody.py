"""Reading a class body: which of its names are fields, and of what type."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import FrameType
from typing import Any, ClassVar, get_origin

from kobjects.errors import DefinitionError, inside
from kobjects.field import Specifier

HIDDEN = frozenset({"build", "replace", "edit", "asdict", "check", "stale"})
"""What every value can do. A field of such a name would take its place."""


def own_fields(namespace: Mapping[str, Any], frame: FrameType) -> dict[str, tuple[Specifier, Any]]:
    """The fields of a class body with their types; `frame` is where the class statement stands."""
    annotations = _annotations(namespace)
    found = {}
    for name, annotation in annotations.items():
        specifier = namespace.get(name)
        with inside(name):
            if isinstance(specifier, Specifier):
                found[name] = (specifier, _evaluate(annotation, frame))
            elif not name.startswith("_") and not _is_class_variable(annotation):
                raise DefinitionError("a field needs to say where it lies: bits(...), u32(...)")
    for name, value in namespace.items():
        with inside(name):
            if isinstance(value, Specifier) and name not in annotations:
                raise DefinitionError(f"a field needs a type: {name}: int = ...")
            if isinstance(value, Specifier) and name.startswith("_"):
                raise DefinitionError("a field's name can't begin with an underscore")
            if isinstance(value, Specifier) and name in HIDDEN:
                raise DefinitionError(f"the field would hide the method {name}()")
    return found


def _annotations(namespace: Mapping[str, Any]) -> Mapping[str, Any]:
    """Python 3.14 makes them when a class is asked, so ask one that has nothing else."""
    related = {key: value for key, value in namespace.items() if key.startswith("__annot")}
    return inspect.get_annotations(type("Body", (), related))


def _evaluate(annotation: Any, frame: FrameType) -> Any:
    """The type itself: under `from __future__ import annotations` a body has only its text."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, frame.f_globals, dict(frame.f_locals))
    except Exception as error:
        raise DefinitionError(f"annotation {annotation!r}: {error}") from error


def _is_class_variable(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.startswith(("ClassVar", "typing.ClassVar"))
    return annotation is ClassVar or get_origin(annotation) is ClassVar
