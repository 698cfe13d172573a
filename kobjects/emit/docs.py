"""What the schemas say of themselves, for comments and documents."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from kobjects import positions as where
from kobjects.bitfield import BitField
from kobjects.codec import Codec
from kobjects.emit.shapes import element, is_enumeration, is_machine_number
from kobjects.items import NumberCodec


def of_class(schema: Any) -> str:
    """Its own docstring."""
    return inspect.cleandoc(schema.__doc__ or "")


def of(schema: Any) -> str:
    """Its docstring and the section of the manual that defines it, as paragraphs."""
    paragraphs = [of_class(schema)]
    if source := getattr(schema, "source", None):
        paragraphs.append(str(source))
    return "\n\n".join(filter(None, paragraphs))


def of_members(schema: Any) -> dict[str, str]:
    """What is said below the members of an enumeration; nothing where its source is not at hand."""
    try:
        text = textwrap.dedent(inspect.getsource(schema))
    except (OSError, TypeError):
        return {}
    (statement,) = ast.parse(text).body
    body = statement.body if isinstance(statement, ast.ClassDef) else []
    found = {}
    for before, after in pairwise(body):
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if isinstance(before, ast.Assign) and isinstance(before.targets[0], ast.Name) and is_text:
            found[before.targets[0].id] = str(after.value.value)  # type: ignore[attr-defined]
    return found


def of_bits(field: BitField) -> str:
    """Where a field lies and what it means."""
    bits = f"{'bit' if field.width == 1 else 'bits'} {where.show_positions(field.positions)}"
    unit = f", a multiple of {field.unit:#x}" if field.unit > 1 else ""
    return f"{bits}{unit}: {field.doc}" if field.doc else bits + unit


def of_codec(codec: Codec) -> str:
    """What the type of an exported field can't say: any number may lie there, named or not."""
    codec = element(codec)
    if not isinstance(codec, NumberCodec):
        return ""
    kind = f"of {codec.kind.__name__}" if is_enumeration(codec.kind) else ""
    order = "" if is_machine_number(codec) else "most significant byte first"
    return ", ".join(filter(None, [kind, order]))


def wrapped(text: str, first: str, next_: str, width: int = 100) -> list[str]:
    """The paragraphs of a text as lines, the first behind `first`, the others behind `next_`."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        if lines:
            lines.append(next_.rstrip())
        lead = next_ if lines else first
        lines += textwrap.wrap(
            " ".join(paragraph.split()), width, initial_indent=lead, subsequent_indent=next_,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines


def joined(blocks: Iterable[Iterable[str]]) -> str:
    """Blocks of lines as one text, an empty line between them."""
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"
