"""How a Word is read and written, and how its fields are found in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Literal, cast

from kobjects import positions as where
from kobjects.bitfield import BitField, BitSpecifier
from kobjects.codec import CODES, Codec
from kobjects.errors import DefinitionError, FieldValueError, Finding, KobjectsError, unknown_name
from kobjects.errors import inside as placed_inside
from kobjects.field import Members, is_known, show_number, to_number


class WordCodec(Codec):
    """Reads and writes the values of one Word class.

    fields      by name
    properties  the getters that the class has to have
    base        the number of a Word that is given no field
    decode      number -> every field's value, by name
    """

    view_type: Any = None  # what kobjects.view makes once

    def __init__(
        self, name: str, specifiers: Mapping[str, Any], bits: int, byteorder: str = "little"
    ) -> None:
        if bits <= 0 or bits % 8:
            raise DefinitionError(f"bits={bits} is not a whole number of bytes")
        self.name, self.bits, self.size, self.byteorder = name, bits, bits // 8, byteorder
        self.fields: dict[str, BitField] = {}
        for key, (specifier, kind) in specifiers.items():
            with placed_inside(key):
                if not isinstance(specifier, BitSpecifier):
                    raise DefinitionError("a Word's fields are bit(), bits() and reserved()")
                self.fields[key] = specifier.field(key, kind)
        self._refuse_overlaps_and_gaps()
        self.slots = {key: (~field.mask, field.placer()) for key, field in self.fields.items()}
        self.base = self.place(0, {key: field.default for key, field in self.fields.items()})
        self.properties, self.decode = _generate(list(self.fields.values()))

    def bind(self, cls: type) -> None:
        """Make values of this class, a subclass of int."""
        self.schema = cls
        make = self.make = partial(int.__new__, cls)
        order = cast(Literal["little", "big"], self.byteorder)
        if self.size in CODES and (order == "little" or self.size == 1):
            self.format, self.lift = CODES[self.size], make
        else:
            self.format = f"{self.size}s"
            self.lift = lambda item: make(int.from_bytes(item, order))
            self.lower = lambda word: int.to_bytes(word, self.size, order)
        self.prepare()

    def _refuse_overlaps_and_gaps(self) -> None:
        problems, claimed = [], 0
        for name, field in self.fields.items():
            if beyond := field.mask >> self.bits << self.bits:
                problems.append(f"{name!r} has bit {where.ranges(beyond)} of {self.bits} bits")
            for other, earlier in self.fields.items():
                if other == name:
                    break
                if both := field.mask & earlier.mask:
                    problems.append(f"{other!r} and {name!r} both have bit {where.ranges(both)}")
            claimed |= field.mask
        if gaps := ~claimed & (1 << self.bits) - 1:
            problems.append(f"bit {where.ranges(gaps)} is in no field; name it with reserved()")
        if problems:
            raise DefinitionError("; ".join(problems))

    def place(self, raw: int, values: Mapping[str, Any]) -> int:
        """`raw` with the given fields changed."""
        slots = self.slots
        for name, value in values.items():
            try:
                clear, place = slots[name]
                raw = raw & clear | place(value)
            except KeyError:
                raise unknown_name(self.name, name, slots) from None
            except KobjectsError as error:
                error.inside(name)
                raise
        return raw

    def accept(self, value: Any) -> Any:
        if isinstance(value, self.schema):
            return value
        if isinstance(value, Mapping):
            return self.make(self.place(self.base, value))
        if isinstance(value, int) and hasattr(value, "_codec"):
            raise FieldValueError(f"takes {self.name}, not {type(value).__name__} {value!r}")
        number = to_number(value, self.schema)
        if number < 0 or number >> self.bits:
            most = show_number((1 << self.bits) - 1)
            raise FieldValueError(f"{show_number(number)} is out of range 0..{most}")
        return self.make(number)

    def accept_many(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        if set(map(type, values)) == {self.schema}:
            return values
        return super().accept_many(values)

    @property
    def default(self) -> Any:
        return self.make(self.base)

    def plain(self, value: Any) -> Any:
        return self.decode(value + 0)

    def lint(self, value: Any) -> Iterator[Finding]:
        return iter(value.check())

    def own_findings(self, value: int) -> Iterator[Finding]:
        """Broken `must` rules, and values that their enumeration does not name."""
        for name, content in self.decode(value + 0).items():
            field = self.fields[name]
            if field.must is not None and content != field.must:
                yield Finding(name, int(content), f"must be {show_number(int(field.must))}")
            elif field.enum and not is_known(content, field.enum):
                yield Finding(name, int(content), f"{field.enum.__name__} has no such member")


def _generate(fields: list[BitField]) -> tuple[dict[str, Any], Callable[[int], dict[str, Any]]]:
    """A property per field and the function that reads all of them, out of one text per field."""
    tables = {f"m{i}": Members(field.enum) for i, field in enumerate(fields) if field.enum}
    code = [field.expression(f"m{i}") for i, field in enumerate(fields)]
    getters = eval(f"[{','.join(f'lambda x: {text}' for text in code)}]", tables)
    properties = {}
    for field, getter in zip(fields, getters, strict=True):
        bits = f"bits {where.show_positions(field.positions)}"
        properties[field.name] = property(
            getter, doc=f"{field.doc} ({bits})" if field.doc else bits
        )
    pairs = (f"{field.name!r}: {text}" for field, text in zip(fields, code, strict=True))
    return properties, eval(f"lambda x: {{{', '.join(pairs)}}}", tables)
