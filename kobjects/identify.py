"""What a blob is and what is in it, as far down as the formats of this package go.

    tree = identify(open("disk.img", "rb").read())
    print(render(tree))
    node, rest = find(tree, "gpt.partitions[0].fat[EFI][BOOT][BOOTX64.EFI].pe.sections[1]")

Nothing in a blob can make this fail, or take long: what can't be read is a finding of what holds
it, and after `limit` things the survey ends and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kobjects.errors import UnknownNameError
from kobjects.formats import disk, elffile, fatfs, guid, iso, linux, loader, pecoff, rom, tables
from kobjects.formats.area import Area
from kobjects.formats.node import Node, Survey

FORMATS = (
    guid.recognise,
    disk.recognise,
    iso.recognise,
    fatfs.recognise,
    linux.recognise,
    pecoff.recognise,
    elffile.recognise,
    loader.recognise,
    rom.recognise,
    tables.recognise,
)
"""Every format, in the order in which a tree shows what they found: a blob may be several."""

LIMIT = 4096
"""Things that a survey looks at, unless it is told otherwise."""

ONCE = 1 << 20
"""Bytes that are read for checksums and tables, beside twice those of the blob."""


def identify(blob: Any, *, limit: int = LIMIT) -> Node:
    """The tree of a bytes-like object. Its root is the blob itself, without a name."""
    area = Area.whole(blob)
    survey = Survey(FORMATS, limit, ONCE + 2 * area.size)
    root = Node("", "blob", area)
    with survey.bounded(root):
        root.children += survey.look_into(area)
    return root


def find(root: Node, path: str) -> tuple[Node, str]:
    """The node that a path leads to and what is left of the path, which leads into its value.

    `[EFI/BOOT]` may be said for `[EFI][BOOT]`. UnknownNameError for a path that leads nowhere.
    """
    node, rest = root, _spread(path)
    while rest:
        inner = next(_steps(node, rest), None)
        if inner is None:
            break
        node, rest = inner
    if rest and node.value is None:
        names = ", ".join(child.name for child in node.children[:12]) or "nothing"
        raise UnknownNameError(f"there is no {rest} in {node.kind}; it has {names}")
    return node, rest


def render(root: Node) -> str:
    """The tree for a person: a line for each node, and one for each finding."""
    lines: list[str] = []
    _render(root, 0, lines)
    return "\n".join(lines)


def _spread(path: str) -> str:
    """`[a/b]` as `[a][b]`."""
    return path.strip().replace("/", "][")


def _steps(node: Node, path: str) -> Iterator[tuple[Node, str]]:
    """The children that a path may begin with, the one of the longest name first."""
    for child in sorted(node.children, key=lambda child: -len(child.name)):
        start, rest = path[: len(child.name)], path[len(child.name) :]
        if start.lower() == child.name.lower() and (not rest or rest[0] in ".["):
            yield child, rest.removeprefix(".")


def _render(node: Node, depth: int, lines: list[str]) -> None:
    indent = "  " * depth
    name = f"{indent}{node.name or '.'}"
    label = f": {node.label}" if node.label else ""
    lines.append(f"{name:<32} {node.offset:#010x} {node.size:#8x}  {node.kind}{label}")
    lines += [f"{indent}  ! {finding}" for finding in node.findings]
    for child in node.children:
        _render(child, depth + 1, lines)
