"""How a Record is read and written: one unpack for all of its fields."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import starmap
from operator import itemgetter
from typing import Any, cast

from kobjects.bytefield import ByteField, ByteSpecifier
from kobjects.codec import Codec, Part
from kobjects.errors import BuildError, DefinitionError, Finding, KobjectsError, unknown_name
from kobjects.errors import inside as placed_inside
from kobjects.field import show_number


class RecordCodec(Codec):
    """Reads and writes the values of one Record class.

    fields      by name, in memory order
    properties  the getters that the class has to have
    origin      the offset in bytes at which pointers to the Record point
    """

    view_type: Any = None  # what kobjects.view makes once

    def __init__(
        self,
        name: str,
        specifiers: Mapping[str, Any],
        size: int | None,
        origin: int = 0,
        byteorder: str = "little",
    ) -> None:
        self.name, self.origin, self.byteorder = name, origin, byteorder
        self.fields: dict[str, ByteField] = {}
        end = 0
        for key, (specifier, kind) in specifiers.items():
            with placed_inside(key):
                if not isinstance(specifier, ByteSpecifier):
                    raise DefinitionError("a Record's fields are u8(), octets() and the like")
                self.fields[key] = specifier.field(key, kind, end, byteorder)
            end += self.fields[key].size
        if size is not None and size != end:
            raise DefinitionError(f"size={size}, but the fields take {end} bytes")
        self.size, self.format = end, f"{end}s"
        self.lift, self.lower = self.read, self.join
        self._prepare_items()
        self.properties = {
            field.name: property(itemgetter(index), doc=_note(field))
            for index, field in enumerate(self.fields.values())
        }

    def _prepare_items(self) -> None:
        codecs = [field.codec for field in self.fields.values()]
        self.items = struct.Struct("<" + "".join(codec.format for codec in codecs))
        self.unpack = self.items.unpack_from
        self.lowers = [(i, codec.lower) for i, codec in enumerate(codecs) if codec.lower]
        self.slots = {key: (i, f.codec.accept) for i, (key, f) in enumerate(self.fields.items())}
        self.defaults = [field.default for field in self.fields.values()]
        self.plains = [(key, f.codec.plain) for key, f in self.fields.items() if _nests(f.codec)]

    def bind(self, cls: type) -> None:
        """Make values of this class, a subclass of tuple."""
        self.schema = cls
        self.make: Callable[[Any], Any] = partial(tuple.__new__, cls)
        self.from_items = self._generate_reader()
        self.prepare()

    def _generate_reader(self) -> Callable[..., Any]:
        """A function from the unpacked items to the Record, without a loop."""
        names: dict[str, Any] = {"make": self.make}
        values = []
        for index, field in enumerate(self.fields.values()):
            names[f"lift{index}"] = field.codec.lift
            values.append(f"lift{index}(i{index})" if field.codec.lift else f"i{index}")
        items = ", ".join(f"i{index}" for index in range(len(values)))
        made = eval(f"lambda {items}: make(({''.join(f'{value}, ' for value in values)}))", names)
        return cast(Callable[..., Any], made)

    def read(self, data: Any, offset: int = 0) -> Any:
        items = self.unpack(data, offset)
        try:
            return self.from_items(*items)
        except KobjectsError:
            self._blame(items)
            raise

    def read_many(self, data: Any, offset: int, count: int) -> tuple[Any, ...]:
        end = offset + count * self.size
        whole = memoryview(data).cast("B")
        if len(whole) < end:
            raise struct.error(f"{len(whole)} bytes, not {end}")
        return tuple(starmap(self.from_items, self.items.iter_unpack(whole[offset:end])))

    def _blame(self, items: tuple[Any, ...]) -> None:
        """Raise the error of the field that can't be read, with its place."""
        for field, item in zip(self.fields.values(), items, strict=True):
            try:
                if field.codec.lift:
                    field.codec.lift(item)
            except KobjectsError as error:
                error.inside(field.name, field.offset)
                raise error from error.__cause__

    def join(self, value: Any) -> bytes:
        """The bytes of a value of the class."""
        if not self.lowers:
            return self.items.pack(*value)
        items = list(value)
        for index, lower in self.lowers:
            items[index] = lower(items[index])
        return self.items.pack(*items)

    def write(self, value: object) -> bytes:
        return self.join(self.accept(value))

    def write_many(self, values: tuple[Any, ...]) -> bytes:
        return b"".join(map(self.join, values))

    def place(self, values: list[Any], given: Mapping[str, Any]) -> Any:
        """A Record of these values, of which the given ones are changed first."""
        for name, value in given.items():
            try:
                index, accept = self.slots[name]
                values[index] = accept(value)
            except KeyError:
                raise unknown_name(self.name, name, self.slots) from None
            except KobjectsError as error:
                error.inside(name, self.fields[name].offset)
                raise
        return self.make(values)

    def accept(self, value: object) -> Any:
        if isinstance(value, self.schema):
            return value
        if isinstance(value, Mapping):
            return self.place(self.defaults[:], value)
        raise BuildError(f"takes {self.name}, not {type(value).__name__} {value!r}")

    @property
    def default(self) -> Any:
        return self.make(self.defaults)

    def plain(self, value: Any) -> Any:
        mapping = dict(zip(self.fields, value, strict=True))
        for name, plain in self.plains:
            mapping[name] = plain(mapping[name])
        return mapping

    def lint(self, value: Any) -> Iterator[Finding]:
        return iter(value.check())

    def own_findings(self, value: tuple[Any, ...]) -> Iterator[Finding]:
        """Broken `must` rules, and what the fields have against their own values."""
        for (name, field), item in zip(self.fields.items(), value, strict=True):
            if field.must is not None and item != field.must:
                must = field.must
                shown = show_number(must) if isinstance(must, int) else repr(must)
                yield Finding(name, item, f"must be {shown}")
            for finding in field.codec.lint(item):
                yield finding.inside(name)

    def parts(self) -> Iterator[Part]:
        for field in self.fields.values():
            yield Part(field.name, field.offset, field.codec, field)


def _nests(codec: Codec) -> bool:
    return type(codec).plain is not Codec.plain


def _note(field: ByteField) -> str:
    place = f"offset {field.offset:#x}, {field.size} bytes"
    return f"{field.doc} ({place})" if field.doc else place
