"""The tree that `kobjects.identify` makes: what lies where, what it means, what is wrong with it.

A format is a function `recognise(survey, area)` that gives the Node of what lies in the area, or
None when that is something else. `Survey` makes the nodes, and ends the work when there are too
many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from kobjects.errors import Finding, KobjectsError, join
from kobjects.formats.area import Area
from kobjects.record import Record

MOST_FINDINGS = 100
"""Of one structure, those that are kept."""

DEEPEST = 8
"""Containers that are looked into inside each other."""


class Remark(Finding):
    """A finding about more than one field: its rule says all."""

    def __str__(self) -> str:
        return f"{self.path}: {self.rule}" if self.path else self.rule


@dataclass(frozen=True)
class Follow:
    """A field whose value follows from bytes elsewhere: `path` in the node's Record, and a function
    from the blob to the value.
    """

    path: str
    compute: Callable[[memoryview], Any]


@dataclass
class Node:
    """One thing in a blob.

    name      the step of its path: `gpt`, `partitions[0]`, `[EFI]`
    kind      what it is, for people
    area      where its bytes lie
    value     the Record or Word that was read there; None: the node only holds others
    label     what it calls itself, such as a file's name
    findings  what is wrong with it; paths begin here
    follows   what `kobjects.patch` keeps right
    mirrors   areas that hold the same bytes as this one
    """

    name: str
    kind: str
    area: Area
    value: Any = None
    label: str = ""
    findings: list[Finding] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    follows: list[Follow] = field(default_factory=list)
    mirrors: list[Area] = field(default_factory=list)

    @property
    def offset(self) -> int:
        """Of its first byte in the blob."""
        return self.area.offset

    @property
    def size(self) -> int:
        """In bytes."""
        return self.area.size

    def walk(self, path: str = "") -> Iterator[tuple[str, Node]]:
        """This node and all below it, each with its path."""
        here = join(path, self.name)
        yield here, self
        for child in self.children:
            yield from child.walk(here)

    def complain(self, rule: str, path: str = "") -> None:
        """Add a finding that is about more than one field."""
        self.findings.append(Remark(path, 0, rule))

    def all_findings(self) -> list[Finding]:
        """Those of this node and of all below it, with whole paths."""
        return [
            type(finding)(join(path, finding.path), finding.found, finding.rule)
            for path, node in self.walk()
            for finding in node.findings
        ]


class Exhausted(Exception):  # noqa: N818  (no error: the survey ends here)
    """There are more things than the survey may look at."""


class Survey:
    """One run over a blob.

    formats  tried on each area
    limit    how many nodes it makes
    octets   how many bytes it reads for checksums, tables and directories
    """

    def __init__(
        self, formats: Sequence[Callable[[Survey, Area], Node | None]], limit: int, octets: int
    ) -> None:
        self.formats, self.limit, self.left = formats, limit, limit
        self.octets, self.depth = octets, 0
        self.seen: set[int] = set()

    def spend(self, octets: int) -> None:
        """Take so many bytes out of those that may be read for checks, or Exhausted."""
        self.octets -= octets
        if self.octets < 0:
            raise Exhausted

    def node(self, name: str, kind: str, area: Area, **more: Any) -> Node:
        """A new node, or Exhausted."""
        if self.left <= 0:
            raise Exhausted
        self.left -= 1
        return Node(name, kind, area, **more)

    def record(
        self, name: str, schema: Any, area: Area, offset: int, *, label: str = "", kind: str = ""
    ) -> Node:
        """The node of what a schema reads at `offset` of an area, with its findings.

        ParseError where the schema can't read it.
        """
        codec = schema._codec
        size = codec.size if codec.format else area.size - offset
        data = memoryview(area.view(offset, max(size, 0)))
        value, length = codec.scan(data, 0, len(data))
        node = self.node(
            name, kind or type(value).__name__, area.part(offset, length), value=value, label=label
        )
        node.findings += _first_findings(value)
        return node

    def try_record(
        self, parent: Node, name: str, schema: Any, area: Area, offset: int, **more: Any
    ) -> Node | None:
        """`record` below a parent, which gets a finding when it can't be read."""
        try:
            child = self.record(name, schema, area, offset, **more)
        except KobjectsError as error:
            parent.complain(f"can't be read: {error}", name)
            return None
        parent.children.append(child)
        return child

    def look_into(self, area: Area) -> list[Node]:
        """What lies in an area, by every format that recognises it. Nothing where it was looked
        already, as a hybrid disc's partition may be the whole disc.
        """
        if self.depth >= DEEPEST or not area.size or area.offset in self.seen:
            return []
        self.seen.add(area.offset)
        self.depth += 1
        try:
            found = (recognise(self, area) for recognise in self.formats)
            return [node for node in found if node is not None]
        finally:
            self.depth -= 1

    @contextmanager
    def bounded(self, node: Node) -> Iterator[None]:
        """What is made in this block belongs to `node`; it says so when not all could be."""
        try:
            yield
        except Exhausted:
            node.complain("there is too much; not all was looked at")


def _first_findings(value: Any) -> list[Finding]:
    """What `check()` finds, up to `MOST_FINDINGS`."""
    if type(value).check is not Record.check:
        return list(value.check()[:MOST_FINDINGS])
    found = list(islice(type(value)._codec.own_findings(value), MOST_FINDINGS + 1))
    if len(found) > MOST_FINDINGS:
        found[-1] = Remark("", 0, "there is more of this kind")
    return found


def overlaps(spans: Sequence[tuple[int, int, str]]) -> Iterator[tuple[str, str]]:
    """Pairs of names whose spans (first, after the last, name) have something in common: each with
    one that begins before it.
    """
    furthest = (-1, "")
    for start, end, name in sorted(spans):
        if start < furthest[0]:
            yield furthest[1], name
        furthest = max(furthest, (end, name))
