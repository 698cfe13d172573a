"""Integer expressions. Inside brackets the same grammar serves addresses, with registers as terms.

A value is an `int` when it is known, else a `Sum`: a constant plus terms, each term a symbol or a
register times a factor. Only + and -, and * by a constant, apply to a Sum; `[rbx*2*4 + table - 8]`
therefore comes out as {rbx: 8, table: 1} - 8 however it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from packer.asm.lexer import Token, character, number
from packer.asm.registers import REGISTERS, RESERVED, Register
from packer.asm.source import Complaint

Key = str | Register


@dataclass(frozen=True)
class Sum:
    """constant + factor * key + … `column` is where the first symbol stands; 0: none."""

    constant: int
    terms: Mapping[Any, int]  # of Key: a Mapping's keys don't vary
    column: int

    def symbols(self) -> dict[str, int]:
        return {key: factor for key, factor in self.terms.items() if isinstance(key, str)}

    def registers(self) -> dict[Register, int]:
        return {key: factor for key, factor in self.terms.items() if isinstance(key, Register)}


class Mask(int):
    """A number made by `~`: the sign bits above an operand's width don't count against it."""


Value = int | Sum


class Scope(Protocol):
    """How names get values."""

    def lookup(self, token: Token) -> Value: ...


class Cursor:
    """The tokens of one statement and how far it has been read."""

    def __init__(self, tokens: list[Token], position: int = 0) -> None:
        self.tokens = tokens
        self.position = position

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def accept(self, kind: str) -> bool:
        """Step over a token of this kind, if it is next."""
        if self.tokens[self.position].kind != kind:
            return False
        self.position += 1
        return True

    def accept_word(self, word: str) -> bool:
        token = self.tokens[self.position]
        if token.kind != "name" or token.text != word:
            return False
        self.position += 1
        return True

    def expect(self, kind: str, why: str) -> Token:
        token = self.tokens[self.position]
        if token.kind != kind:
            raise unexpected(token, why)
        self.position += 1
        return token


def unexpected(token: Token, why: str) -> Complaint:
    """A syntax error: `why` says what belongs here."""
    found = "the line ends" if token.kind == "end" else f"found {token.text}"
    return token.complain("KP1004", f"{found}, but {why}")


# Operator → precedence; higher binds tighter, as in C.
_PRECEDENCE = {"|": 1, "^": 2, "&": 3, "<<": 4, ">>": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}


def expression(cursor: Cursor, scope: Scope, *, registers: bool = False, above: int = 0) -> Value:
    """Read one expression. `registers` admits registers as terms, as inside brackets."""
    left = _unary(cursor, scope, registers)
    while True:
        operator = cursor.next
        precedence = _PRECEDENCE.get(operator.kind, 0)
        if precedence <= above:
            return left
        cursor.take()
        right = expression(cursor, scope, registers=registers, above=precedence)
        left = _binary(operator, left, right)


def constant(cursor: Cursor, scope: Scope, what: str) -> int:
    """Read an expression that must be a known number; `what` names it in the complaint."""
    start = cursor.next
    value = expression(cursor, scope)
    if isinstance(value, Sum):
        raise Complaint(
            "KP1005", f"{what} must be a number that is known here",
            f"{_names(value)} is no constant so far and stands for an address",
            column=value.column or start.column, unknown=value.symbols(),
        )  # fmt: skip
    return value


def _unary(cursor: Cursor, scope: Scope, registers: bool) -> Value:
    token = cursor.take()
    kind = token.kind
    if kind == "number":
        return number(token)
    if kind == "name":
        return _name(token, scope, registers)
    if kind == "char":
        return character(token)
    if kind == "(":
        value = expression(cursor, scope, registers=registers)
        cursor.expect(")", "the parenthesis is still open")
        return value
    if kind in "+-~":
        value = _unary(cursor, scope, registers)
        if kind == "+":
            return value
        if kind == "-":
            return _times(value, -1)
        return Mask(~_known(value, token))
    raise unexpected(token, "a number or a name belongs here")


def _name(token: Token, scope: Scope, registers: bool) -> Value:
    text = token.text
    register = REGISTERS.get(text)
    if register is not None:
        if registers:
            return Sum(0, {register: 1}, 0)
        raise token.complain(
            "KP1006", f"{text} is a register and can't be part of a number",
            f"memory at {text} is [{text}]",
        )  # fmt: skip
    if text.lower() in RESERVED:
        raise token.complain("KP1006", f"{text} is a reserved word", _reserved_help(text))
    return scope.lookup(token)


def _reserved_help(text: str) -> str:
    word = text.lower()
    if word == "offset":
        return "a symbol by itself is its address: write it without offset"
    if word in REGISTERS:
        return f"registers are written in lower case: {word}"
    return "size words stand before brackets: qword ptr [rax]"


def _binary(operator: Token, left: Value, right: Value) -> Value:
    kind = operator.kind
    if kind == "+":
        return _plus(left, right)
    if kind == "-":
        return _plus(left, _times(right, -1))
    if kind == "*" and isinstance(left, Sum):
        return _times(left, _known(right, operator))
    if kind == "*" and isinstance(right, Sum):
        return _times(right, _known(left, operator))
    a, b = _known(left, operator), _known(right, operator)
    if kind in "/%" and b == 0:
        raise operator.complain("KP1007", "division by zero")
    if kind in ("<<", ">>") and not 0 <= b < 64:
        raise operator.complain("KP1007", f"a shift by {b}", "shift by 0 to 63")
    result = _ARITHMETIC[kind](a, b)
    return Mask(result) if isinstance(left, Mask) or isinstance(right, Mask) else result


def _quotient(a: int, b: int) -> int:
    magnitude = abs(a) // abs(b)
    return magnitude if (a < 0) == (b < 0) else -magnitude


# / and % round toward zero, as in C and GNU as.
_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "*": lambda a, b: a * b,
    "/": _quotient,
    "%": lambda a, b: a - b * _quotient(a, b),
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}


def _plus(left: Value, right: Value) -> Value:
    if not isinstance(left, Sum):
        if not isinstance(right, Sum):
            return left + right
        return Sum(left + right.constant, right.terms, right.column)
    if not isinstance(right, Sum):
        return Sum(left.constant + right, left.terms, left.column)
    terms = dict(left.terms)
    for key, factor in right.terms.items():
        total = terms.get(key, 0) + factor
        if total:
            terms[key] = total
        else:
            del terms[key]
    total = left.constant + right.constant
    return Sum(total, terms, left.column or right.column) if terms else total


def _times(value: Value, factor: int) -> Value:
    if not isinstance(value, Sum):
        return value * factor
    if factor == 0:
        return 0
    terms = {key: count * factor for key, count in value.terms.items()}
    return Sum(value.constant * factor, terms, value.column)


def _known(value: Value, operator: Token) -> int:
    if isinstance(value, Sum):
        raise Complaint(
            "KP1005", f"{operator.text} needs numbers that are known here",
            f"{_names(value)} is no constant so far and stands for an address",
            column=value.column or operator.column, length=_length(value),
            unknown=value.symbols(),
        )  # fmt: skip
    return value


def _names(value: Sum) -> str:
    return ", ".join(key if isinstance(key, str) else key.name for key in value.terms)


def _length(value: Sum) -> int:
    """How long the name is that stands at the value's column."""
    return len(next(iter(value.symbols()), "*"))
