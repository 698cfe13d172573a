"""Source text → items: labels, constants, directives and instructions of one unit.

Two passes over the tokens. The first finds labels and constants, so that the second knows for every
name whether it is a constant, a label of this unit, or a symbol from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packer.asm import directives, lexer
from packer.asm.expressions import Cursor, Sum, Value, constant, unexpected
from packer.asm.forms import PREFIXES
from packer.asm.items import Instruction, Item, Label, Mode
from packer.asm.lexer import Token
from packer.asm.operands import operands
from packer.asm.registers import RESERVED
from packer.asm.source import Place, Report, SourceText, did_you_mean


@dataclass
class Names:
    """Everything that a name can mean in a unit. `parent` is the label that owns local ones."""

    constants: dict[str, int]
    places: dict[str, Place] = field(default_factory=dict)
    parent: str = ""

    def lookup(self, token: Token) -> Value:
        """A constant's value; any other name stands for an address."""
        name = self.full(token)
        value = self.constants.get(name)
        if value is None and token.text.startswith(".") and name not in self.places:
            raise token.complain(
                "KP1008", f"{self.parent} has no local label {token.text}",
                did_you_mean(name, self.places),
            )  # fmt: skip
        return Sum(0, {name: 1}, token.column) if value is None else value

    def full(self, token: Token) -> str:
        """The name with its parent, if it is local."""
        if not token.text.startswith("."):
            return token.text
        if not self.parent:
            raise token.complain(
                "KP1008", f"{token.text} has no label before it that could own it",
                "write a label without a dot first",
            )  # fmt: skip
        return self.parent + token.text

    def define(self, token: Token, place: Place, value: int | None = None) -> None:
        """Give a name its one meaning: a constant's value, or None for a label."""
        name = self.full(token)
        if token.text.lower() in RESERVED:
            raise token.complain(
                "KP1009", f"{token.text} is a reserved word", "choose another name"
            )
        if name in self.places:
            raise token.complain(
                "KP1009", f"{name} is already defined", f"the first is at {self.places[name]}"
            )
        if name in self.constants:
            raise token.complain("KP1009", f"{name} is already a constant from outside the unit")
        self.places[name] = place.at(token.column, len(token.text))
        if value is not None:
            self.constants[name] = value


@dataclass(frozen=True)
class _Line:
    place: Place
    tokens: list[Token]
    first: int  # the token behind the labels


def parse(
    sources: Sequence[SourceText], constants: Mapping[str, int], mode: int, report: Report
) -> list[Item]:
    """Read the sources in order into one list of items."""
    names = Names(dict(constants))
    scanned = [_scan(source, names, report) for source in sources]
    items: list[Item] = []
    for lines in scanned:
        mode = _read(lines, names, mode, report, items)
    return items


def _scan(source: SourceText, names: Names, report: Report) -> list[_Line]:
    """The first pass over one source: tokens, labels, constants."""
    found = []
    names.parent = ""
    for number, text in enumerate(source.text.split("\n"), start=1):
        place = Place(source.name, number, 1, max(1, len(text.rstrip())), text.rstrip())
        with report.catching(place):
            line_tokens = lexer.tokens(text)
            first = _labels(line_tokens, place, names)
            lexer.check(line_tokens)
            place = _statement_place(place, line_tokens[first:])
            if not _constant(Cursor(line_tokens, first), place, names) and len(line_tokens) > 1:
                found.append(_Line(place, line_tokens, first))
    return found


def _statement_place(place: Place, statement: list[Token]) -> Place:
    if len(statement) < 2:
        return place
    last = statement[-2]
    return place.at(statement[0].column, last.column + len(last.text) - statement[0].column)


def _labels(line: list[Token], place: Place, names: Names) -> int:
    """Define the labels that open the line; the index of the token behind them."""
    position = 0
    while position + 1 < len(line) and line[position + 1].kind == ":":
        token = line[position]
        if token.kind == "number":
            raise token.complain("KP1009", "a number is no label", "write a local label: .again:")
        if token.kind != "name" or token.text in ("es", "cs", "ss", "ds", "fs", "gs"):
            break
        if token.text in directives.NAMES:
            raise token.complain("KP1009", f"{token.text} is a directive", "choose another name")
        names.define(token, place)
        if not token.text.startswith("."):
            names.parent = token.text
        position += 2
    return position


def _constant(cursor: Cursor, place: Place, names: Names) -> bool:
    """Define the constant, if the line does: `const NAME = expression`."""
    token = cursor.next
    if token.kind == "name" and cursor.tokens[cursor.position + 1].kind == "=":
        raise token.complain("KP1004", "an assignment needs const", f"write const {token.text} = …")
    if not cursor.accept_word("const"):
        return False
    name = cursor.expect("name", "const is followed by a name")
    cursor.expect("=", "const is written const NAME = expression")
    value = constant(cursor, names, f"the constant {name.text}")
    cursor.expect("end", "the constant ends here")
    names.define(name, place, value)
    return True


def _read(
    lines: Sequence[_Line], names: Names, mode: int, report: Report, items: list[Item]
) -> int:
    """The second pass over one source: statements, into the items. The mode that it ends in."""
    names.parent = ""
    for line in lines:
        for token in line.tokens[: line.first : 2]:
            items.append(Label(names.full(token), line.place))
            if not token.text.startswith("."):
                names.parent = token.text
        cursor = Cursor(line.tokens, line.first)
        if cursor.next.kind == "end":
            continue
        with report.catching(line.place):
            token = cursor.next
            if token.kind != "name":
                raise unexpected(token, "a label, an instruction or a directive belongs here")
            if token.text.startswith("."):
                mode = _directive(cursor, line.place, names, mode, items)
            else:
                items.append(_instruction(cursor, line.place, names, mode))
    return mode


def _directive(cursor: Cursor, place: Place, names: Names, mode: int, items: list[Item]) -> int:
    """Read a directive into the items; the mode that holds after it."""
    token = cursor.take()
    if token.text in directives.MODES:
        cursor.expect("end", f"{token.text} stands alone")
        mode = directives.MODES[token.text]
        items.append(Mode(place, mode))
        return mode
    items.append(directives.read(token, cursor, place, names, mode))
    return mode


def _instruction(cursor: Cursor, place: Place, names: Names, mode: int) -> Instruction:
    token = cursor.take()
    prefix = ""
    if token.text in PREFIXES:
        prefix = token.text
        token = cursor.expect("name", f"{prefix} is followed by an instruction")
    if token.text in directives.FOREIGN:
        raise token.complain(
            "KP1013", f"{token.text} is not of this dialect", directives.FOREIGN[token.text]
        )
    if token.text in RESERVED:
        raise token.complain("KP1014", f"{token.text} is no instruction")
    if token.text != token.text.lower():
        raise token.complain(
            "KP1014",
            f"{token.text} is no instruction",
            f"write {token.text.lower()}, in lower case",
        )
    found = operands(cursor, names, mode)
    return Instruction(place, mode, prefix, token.text, token.column, found)
