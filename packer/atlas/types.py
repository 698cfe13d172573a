"""Types as a map has them: what lies where in a structure, without the classes that declared it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kobjects.errors import UnknownNameError, join, unknown_name
from kobjects.path import split
from kobjects.positions import parse_positions, placed

Node = dict[str, Any]


class Spot(NamedTuple):
    """A leaf, or anything larger, in a structure: `offset` and `size` in bytes from its start.

    doc     what the structure's author says of the field
    manual  the section that defines the innermost structure around it that names one
    """

    path: str
    offset: int
    size: int
    type: Type
    doc: str
    manual: str


class Member(NamedTuple):
    """A field or an element of a type. `doc` is None for an element: it has that of its array."""

    step: str
    offset: int
    type: Type
    doc: str | None


class Bits(NamedTuple):
    """A field of a Word. `value` is its number; `shown` its text, with the member's name."""

    name: str
    positions: str
    value: int
    shown: str
    doc: str
    reserved: bool


class Type:
    """One entry of a map's table of types.

    is_   "record", "word", "array", "number", "bytes", "choice"
    name  of the class, as one imports it; "" for numbers, arrays and bytes
    """

    def __init__(self, table: Types, node: Node) -> None:
        self._table, self.node = table, node
        self.is_: str = node["is"]
        self.name: str = node.get("name", "")
        self.size: int = node["size"]
        self.source: str = node.get("source", "")

    @property
    def title(self) -> str:
        """The name for a person: `GateDescriptor`, `GateDescriptor[256]`, `number of 8 bytes`."""
        if self.is_ == "array":
            return f"{self.element.title}[{self.node['count']}]"
        if self.is_ == "choice":
            return " or ".join(of.title for of in self.choices)
        if self.name:
            return self.name.rpartition(".")[2]
        return {"number": f"u{8 * self.size}", "bytes": f"{self.size} bytes"}.get(self.is_, "")

    @property
    def element(self) -> Type:
        found: Type = self._table[self.node["of"]]
        return found

    @property
    def choices(self) -> list[Type]:
        return [self._table[number] for number in self.node["of"]]

    def members(self) -> Iterator[Member]:
        """What lies inside, in address order."""
        if self.is_ == "array":
            for index in range(self.node["count"]):
                yield self._element(index)
        for step, offset, number, doc in self.node["fields"] if self.is_ == "record" else ():
            yield Member(step, offset, self._table[number], doc)

    def leaves(self) -> Iterator[Spot]:
        """All of them in address order: together they cover every byte once."""
        return self._leaves(Spot("", 0, self.size, self, "", self.source))

    def at(self, offset: int) -> list[Spot]:
        """From the whole down to the leaf that holds a byte."""
        chain = [Spot("", 0, self.size, self, "", self.source)]
        while member := chain[-1].type._holding(offset - chain[-1].offset):
            chain.append(_within(chain[-1], member))
        return chain

    def find(self, path: str) -> tuple[Spot, str]:
        """What a path leads to, and the name of a Word's field if it ends in one.

        `[3]` is also the fourth field of a record. UnknownNameError, with what is near.
        """
        spot = Spot("", 0, self.size, self, "", self.source)
        steps = split(path) if path else []
        for number, step in enumerate(steps):
            if spot.type.is_ in ("word", "choice"):
                if len(steps) > number + 1:
                    raise UnknownNameError(f"{step} in {spot.path} is bits: nothing is inside")
                names = dict.fromkeys(row["name"] for row in spot.type.rows())
                if step not in names:
                    raise unknown_name(spot.type.title, step, names)
                return spot, step
            spot = _within(spot, spot.type._member(step))
        return spot, ""

    def number(self, data: bytes) -> int:
        """The bytes of a number or Word as one."""
        return int.from_bytes(data, "big" if self.node.get("order") == "big" else "little")

    def chosen(self, data: bytes) -> Type:
        """The Word that these bytes are, where that depends on one of their bits."""
        if self.is_ != "choice":
            return self
        return self.choices[bool(self.number(data) & self.node["mask"])]

    def rows(self) -> list[Node]:
        """The fields of a Word; of a choice, those of every one."""
        if self.is_ == "choice":
            return [row for one in self.choices for row in one.rows()]
        return self.node["fields"] if self.is_ == "word" else []

    def bits(self, data: bytes) -> list[Bits]:
        """The fields of a Word with their values, in order of declaration."""
        chosen = self.chosen(data)
        number = chosen.number(data)
        return [chosen._bits(row, number) for row in chosen.rows()]

    def shown(self, data: bytes) -> str:
        """The value for a person; of a structure nothing."""
        if self.is_ in ("record", "array"):
            return ""
        if self.is_ == "bytes":
            return _octets(self.name, data)
        return self.named(self.node, self.chosen(data).number(data))

    def named(self, node: Node, number: int) -> str:
        """A number with the name that its enumeration has for it."""
        text = f"{number:#x}" if number > 9 else str(number)
        if node.get("bool"):
            return {0: "no", 1: "yes"}.get(number, text)
        if "enum" not in node:
            return text
        return f"{text} ({self._table.member(node['enum'], number)})"

    def members_of(self, node: Node) -> dict[str, int]:
        """What the enumeration of a number or a Word's field names."""
        return dict(self._table.nodes[node["enum"]]["members"]) if "enum" in node else {}

    def _bits(self, row: Node, number: int) -> Bits:
        value = _gathered(row["bits"], number) * row.get("unit", 1)
        reserved = bool(row.get("reserved"))
        doc = row.get("doc", "")
        return Bits(row["name"], row["bits"], value, self.named(row, value), doc, reserved)

    def _element(self, index: int) -> Member:
        element = self.element
        return Member(f"[{index}]", index * element.size, element, None)

    def _holding(self, offset: int) -> Member | None:
        if self.is_ == "array":
            return self._element(offset // self.element.size)
        return next(
            (m for m in self.members() if m.offset <= offset < m.offset + m.type.size), None
        )

    def _member(self, step: str) -> Member:
        if self.is_ == "array" and step.startswith("["):
            index = int(step[1:-1])
            if index < self.node["count"]:
                return self._element(index)
            raise UnknownNameError(f"no {step} in {self.node['count']} elements")
        members = list(self.members())
        if step.startswith("[") and int(step[1:-1]) < len(members):
            return members[int(step[1:-1])]
        named = {member.step: member for member in members}
        if step in named:
            return named[step]
        if self.is_ == "array":
            raise UnknownNameError(f"{step!r} of an array; say which of {self.node['count']}: [0]")
        raise unknown_name(self.title or "the structure", step, named)

    def _leaves(self, whole: Spot) -> Iterator[Spot]:
        inside = False
        for member in self.members():
            inside = True
            yield from member.type._leaves(_within(whole, member))
        if not inside and self.size:
            yield whole


class Types(Sequence[Type]):
    """A map's table of types."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self._made: dict[int, Type] = {}

    def __len__(self) -> int:
        return len(self.nodes)

    def __getitem__(self, number: Any) -> Any:
        if number not in self._made:
            self._made[number] = Type(self, self.nodes[number])
        return self._made[number]

    def member(self, number: int, value: int) -> str:
        """What an enumeration calls a value; of flags, each bit that is set."""
        node = self.nodes[number]
        members = node["members"].items()
        if node.get("flags"):
            return (
                " | ".join(name for name, each in members if each and value & each == each) or "0"
            )
        return next((name for name, each in members if each == value), "no such member")


def _within(whole: Spot, member: Member) -> Spot:
    doc = whole.doc if member.doc is None else member.doc
    path, offset = join(whole.path, member.step), whole.offset + member.offset
    manual = member.type.source or whole.manual
    return Spot(path, offset, member.type.size, member.type, doc, manual)


def _gathered(positions: str, number: int) -> int:
    """The bits of a number at these positions."""
    return sum((number >> low & (1 << bits) - 1) << to for bits, low, to in _placed(positions))


@functools.cache
def _placed(positions: str) -> list[tuple[int, int, int]]:
    return list(placed(parse_positions(positions)))


def _octets(name: str, data: bytes) -> str:
    from kobjects import text
    from kobjects.describe import shown

    kind = (
        getattr(text, name.rpartition(".")[2], None) if name.startswith("kobjects.text.") else None
    )
    return shown(kind(data) if kind else data)
