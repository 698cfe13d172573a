"""How a Record is read and written: one unpack for all of its fields."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import starmap
from operator import itemgetter
from typing import Any, cast

from kobjects.bytefield import ByteField, ByteSpecifier, derived_counts
from kobjects.codec import Codec, Part
from kobjects.derive import Derivation
from kobjects.errors import BuildError, DefinitionError, Finding, KobjectsError, join, unknown_name
from kobjects.errors import inside as placed_inside
from kobjects.field import show_number
from kobjects.variable import VariableCodec


class RecordCodec(Codec):
    """Reads and writes the values of one Record class.

    fields      by name, in memory order
    properties  the getters that the class has to have
    origin      the offset in bytes at which pointers to the Record point
    """

    view_type: Any = None  # what kobjects.view makes once
    by: str | None = None
    root: Any = None  # the codec of the class with `by=` or `length=` that this inherits from

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
        end, floating = 0, False
        for key, (specifier, kind) in specifiers.items():
            with placed_inside(key):
                if not isinstance(specifier, ByteSpecifier):
                    raise DefinitionError("a Record's fields are u8(), octets() and the like")
                field = specifier.field(key, kind, end, byteorder, floating)
            self.fields[key], floating = field, field.floating
            end += field.size
        for key, derivation in derived_counts(self.fields).items():
            if key in self.fields and self.fields[key].derive is None:
                self.fields[key] = replace(self.fields[key], derive=derivation)
        self._take_size(size, end)
        self._prepare_fields()
        self._prepare_items()
        self.properties = {
            field.name: property(itemgetter(index), doc=_note(field))
            for index, field in enumerate(self.fields.values())
        }

    def _take_size(self, size: int | None, end: int) -> None:
        varying = [f.name for f in self.fields.values() if isinstance(f.codec, VariableCodec)]
        if varying:
            raise DefinitionError(f"{varying[0]} varies in size; say least= instead of size=")
        if size is not None and size != end:
            raise DefinitionError(f"size={size}, but the fields take {end} bytes")
        self.size, self.format = end, f"{end}s"
        self.lift, self.lower = self.read, self.join

    def _prepare_fields(self) -> None:
        self.slots = {key: (i, f.codec.accept) for i, (key, f) in enumerate(self.fields.items())}
        self.defaults = [field.default for field in self.fields.values()]
        self.plains = [(key, f.codec.plain) for key, f in self.fields.items() if _nests(f.codec)]
        self.derived = sorted(
            ((i, key, f.derive) for i, (key, f) in enumerate(self.fields.items()) if f.derive),
            key=lambda each: each[2].rank,
        )
        for _, key, derivation in self.derived:
            with placed_inside(key):
                derivation.bind(self, key)

    def _prepare_items(self) -> None:
        codecs = [field.codec for field in self.fields.values()]
        self.items = struct.Struct("<" + "".join(codec.format for codec in codecs))
        self.unpack = self.items.unpack_from
        self.lowers = [(i, codec.lower) for i, codec in enumerate(codecs) if codec.lower]

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

    def create(self, given: Mapping[str, Any]) -> Any:
        """A Record of the given fields; the others have their defaults, or are derived."""
        values = self.defaults[:]
        self.place(values, given)
        for index, name, derivation in self.derived:
            if name not in given:
                self._derive(values, index, name, derivation)
        return self.make(values)

    def change(self, old: tuple[Any, ...], given: Mapping[str, Any]) -> Any:
        """The Record with the given fields changed, and with derived ones that were right."""
        values = [*old]
        self.place(values, given)
        wrong = dict(self.wrong(old)) if self.derived else {}
        for index, name, derivation in self.derived:
            if name not in given and name not in wrong:
                self._derive(values, index, name, derivation)
        return self.make(values)

    def _derive(self, values: list[Any], index: int, name: str, derivation: Derivation) -> None:
        with placed_inside(name):
            values[index] = self.fields[name].codec.accept(derivation.compute(self, values, index))

    def wrong(self, values: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
        """The derived fields that are not what follows from the rest, with what does."""
        for index, name, derivation in self.derived:
            right = derivation.compute(self, values, index)
            if values[index] != right:
                yield name, right

    def stale(self, value: Any) -> Iterator[tuple[str, Any]]:
        yield from self.wrong(value)
        for part, inner in self.spread(value):
            for path, right in part.codec.stale(inner):
                yield join(part.step, path), right

    def measure(self, values: Any) -> int:
        """Bytes of a Record of these values, without a padding that ends it."""
        return self.size

    def place(self, values: list[Any], given: Mapping[str, Any]) -> None:
        """Change the given ones of a Record's values."""
        for name, value in given.items():
            try:
                index, accept = self.slots[name]
                values[index] = accept(value)
            except KeyError:
                raise unknown_name(self.name, name, self.slots) from None
            except KobjectsError as error:
                error.inside(name, self.fields[name].offset)
                raise

    def accept(self, value: object) -> Any:
        if isinstance(value, self.schema):
            return value
        if isinstance(value, Mapping):
            return self.create(value)
        raise BuildError(f"takes {self.name}, not {type(value).__name__} {value!r}")

    def pickled(self, value: Any) -> tuple[Any, ...]:
        """What `restore` makes the same value of."""
        return (self.join(value),)

    def restore(self, data: bytes) -> Any:
        return self.read(data)

    @property
    def default(self) -> Any:
        return self.create({})

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
        for index, name, derivation in self.derived:
            right = derivation.compute(self, value, index)
            if value[index] != right:
                shown = show_number(right) if isinstance(right, int) else f"{len(right)} bytes"
                yield Finding(name, value[index], f"{derivation.rule} is {shown}")

    def parts(self) -> Iterator[Part]:
        for field in self.fields.values():
            yield Part(field.name, field.offset, field.codec, field)


def _nests(codec: Codec) -> bool:
    return type(codec).plain is not Codec.plain


def _note(field: ByteField) -> str:
    least = "at least " if field.floating else ""
    place = f"offset {least}{field.offset:#x}, {least}{field.size} bytes"
    return f"{field.doc} ({place})" if field.doc else place
