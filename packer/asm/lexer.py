"""One source line → tokens. Comments are dropped here, so nothing later can trip over one."""

from __future__ import annotations

import re
from typing import NamedTuple

from packer.asm.source import Complaint


class Token(NamedTuple):
    """`column` counts from 1. `kind` is name, number, char, string, or the operator itself.

    The last one of a line is of kind end, or bad where no token can be read.
    """

    kind: str
    text: str
    column: int

    def complain(self, code: str, message: str, help: str = "") -> Complaint:
        return Complaint(code, message, help, column=self.column, length=max(1, len(self.text)))


_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r]+|;.*)
      | (?P<name>\.?[A-Za-z_]\w*(?:\.\w+)*)
      | (?P<number>[0-9]\w*)
      | (?P<char>'(?:[^'\\]|\\.)')
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<operator><<|>>|[-+*/%&|^~()\[\]:,=])""",
    re.VERBOSE | re.ASCII,
)

_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "\\": 92, '"': 34, "'": 39}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.ASCII)

# What other assemblers write, and what this one does.
_INSTEAD = {
    "#": "a comment starts with ;",
    "@": "a comment starts with ;",
    "$": "name the place with a label; numbers and registers have no prefix",
    '"': "close the string with a double quote on the same line",
    "'": "a character constant is one character, such as 'A' or '\\n'",
    "{": "repetition and conditions are Python's job",
}


def tokens(line: str) -> list[Token]:
    """The tokens of one line, with one of kind `end` or `bad` behind them."""
    found = []
    position = 0
    for match in _TOKEN.finditer(line):
        if match.start() != position:
            break
        kind = match.lastgroup
        if kind != "blank":
            text = match.group()
            found.append(Token(text if kind == "operator" else str(kind), text, position + 1))
        position = match.end()
    if position != len(line):
        found.append(Token("bad", line[position], position + 1))
        return found
    found.append(Token("end", "", len(line.rstrip()) + 1 if found else 1))
    return found


def check(line: list[Token]) -> None:
    """Raise a Complaint if the line could not be read to its end."""
    if line[-1].kind == "bad":
        letter = line[-1].text
        advice = _INSTEAD.get(letter, "")
        raise line[-1].complain("KP1001", f"{letter!r} has no meaning here", advice)


def number(token: Token) -> int:
    """The value of a number: decimal, 0x…, 0b… or 0o…, with _ between digits where it helps."""
    try:
        return int(token.text, 0)
    except ValueError:
        raise token.complain(
            "KP1002", f"{token.text} is not a number", _rewrite(token.text)
        ) from None


def _rewrite(text: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]+[hH]", text):
        return f"write 0x{text[:-1]}"
    if re.fullmatch(r"0+[0-7]+", text):
        return f"write {text.lstrip('0')} (decimal) or 0o{text.lstrip('0')} (octal)"
    return "write decimal, 0x… or 0b…"


def character(token: Token) -> int:
    """The value of a character constant: its one byte."""
    data = octets(token)
    if len(data) != 1:
        raise token.complain("KP1003", f"{token.text} is not one byte", "write its number")
    return data[0]


def octets(token: Token) -> bytes:
    r"""The UTF-8 bytes of a string or character token; escapes: \n \t \r \0 \\ \" \' \xNN."""
    body, data, position = token.text[1:-1], bytearray(), 0
    for match in _ESCAPE.finditer(body):
        data += body[position : match.start()].encode()
        digits, letter = match.groups()
        if letter is not None and letter not in _ESCAPES:
            raise Complaint(
                "KP1003", f"unknown escape \\{letter}", r"write \n \t \r \0 \\ \" \' or \xNN",
                column=token.column + 1 + match.start(), length=2,
            )  # fmt: skip
        data.append(int(digits, 16) if letter is None else _ESCAPES[letter])
        position = match.end()
    return bytes(data + body[position:].encode())
