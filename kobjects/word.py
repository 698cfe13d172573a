"""Words: bit-field schemas. A Word is an immutable int whose bits have names.

class PageAccess(Word, bits=8, source=SDM3("Paging")):
    present: bool = bit(0, "clear: the translation is invalid")
    ring: Ring = bits("2:1")
    zero_3: int = reserved("7:3", must=0)

access = PageAccess(present=True, ring=Ring.USER)
assert access == 0b111 and access.replace(present=False).build() == b"\\x06"
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from kobjects.bitfield import bit, bits, reserved
from kobjects.errors import DefinitionError, Finding, unknown_name
from kobjects.schema import Schema
from kobjects.wordcodec import WordCodec

if TYPE_CHECKING:
    from kobjects.bitfield import BitField
    from kobjects.schema import BuildMethod, FieldsOf

__all__ = ["Word", "bit", "bits", "reserved"]


class Word(int, metaclass=Schema):
    """A whole number of bytes whose bits have names: an immutable int.

    A subclass with `bits=` is a schema, and every bit of it is in one field. A subclass without is
    abstract: others inherit its fields. Parsing refuses no number: reserved bits and unknown
    members are kept as they are, and `check()` tells of them. `byteorder` is that of its bytes.
    """

    _options = ("bits", "byteorder")

    if TYPE_CHECKING:
        fields = FieldsOf[BitField]()
        build = BuildMethod()

        def __new__(cls, *args: Any, **fields: Any) -> Self: ...
    else:

        def __new__(cls, *args, **fields):
            if args:
                raise TypeError(
                    f"{cls.__name__} takes fields by name; or {cls.__name__}.from_int()"
                )
            codec = cls._codec or cls._concrete()
            return int.__new__(cls, codec.place(codec.base, fields))

        def __getattr__(self, name):
            if name.startswith("__"):  # what copy, pickle and numpy look for
                raise AttributeError(name)
            raise unknown_name(type(self).__name__, name, type(self).fields)

        def build(self):
            """Its bytes."""
            return type(self)._codec.write(self)

    @classmethod
    def _define(
        cls,
        name: str,
        specifiers: Mapping[str, Any],
        adds_fields: bool,
        bits: int | None = None,
        byteorder: str = "little",
    ) -> WordCodec | None:
        """The codec of a subclass, None for an abstract one."""
        inherited = cast("WordCodec | None", cls._codec)
        if bits is None and inherited is not None:
            if adds_fields:
                raise DefinitionError("to add fields to a Word that has a size, say bits= again")
            bits, byteorder = inherited.bits, inherited.byteorder
        return None if bits is None else WordCodec(name, specifiers, bits, byteorder)

    @classmethod
    def from_int(cls, raw: int) -> Self:
        """The Word of these bits."""
        return cast(Self, cls._concrete().accept(int(raw)))

    def replace(self, **fields: Any) -> Self:
        """The same Word with some fields changed; every other bit stays."""
        codec = cast(WordCodec, type(self)._codec)
        return cast(Self, codec.make(codec.place(self + 0, fields)))

    __replace__ = replace

    def edit(self, changes: Mapping[str, Any]) -> Self:
        """`replace` with a mapping, so that the paths of a Record end in the fields of a Word."""
        return self.replace(**changes)

    def asdict(self) -> dict[str, Any]:
        """Every field by name, reserved ones too."""
        return cast(WordCodec, type(self)._codec).decode(self + 0)

    def check(self) -> list[Finding]:
        """What breaks a rule of the manual. A subclass may add its own rules."""
        return list(cast(WordCodec, type(self)._codec).own_findings(self))

    def __bytes__(self) -> bytes:
        return self.build()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_int, (self + 0,)

    def __repr__(self) -> str:
        from kobjects.show import show_word

        return show_word(self)
