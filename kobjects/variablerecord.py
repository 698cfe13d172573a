"""How a Record of variable size is read and written, and how its tag chooses a subclass."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, cast

from kobjects.bytefield import ByteField
from kobjects.codec import Codec, Part, short_read
from kobjects.errors import DefinitionError, KobjectsError, ParseError, too_short, unknown_name
from kobjects.errors import inside as placed_inside
from kobjects.recordcodec import RecordCodec
from kobjects.variable import DEEPEST, CountedCodec, PaddingCodec, VariableCodec


class VariableRecordCodec(VariableCodec, RecordCodec):
    """Reads and writes the values of a Record class that says `least=`.

    head    the fields that lie before any of variable size; one unpack reads them
    tail    the others
    length  the field that counts the bytes of the whole Record; None: the other fields tell
    by      the field whose value chooses among `kinds`
    kinds   tag -> codecs of subclasses, those of a fixed size first
    """

    def __init__(
        self,
        name: str,
        specifiers: Mapping[str, Any],
        least: int,
        origin: int,
        byteorder: str,
        length: str | None,
        by: str | None,
    ) -> None:
        self.declared, self.length_field, self.by = least, length, by
        self.kinds: dict[Any, list[RecordCodec]] = {}
        RecordCodec.__init__(self, name, specifiers, None, origin, byteorder)

    def _take_size(self, size: int | None, end: int) -> None:
        if self.declared != end:
            raise DefinitionError(f"least={self.declared}, but the fields take {end} bytes")
        self.least = end
        every = list(self.fields.values())
        self.head = [field for field in every if not field.floating]
        self.tail = every[len(self.head) :]
        last = self.tail[-1] if self.tail else None
        self.padded = last is not None and isinstance(last.codec, PaddingCodec)
        body = self.tail[:-1] if self.padded else self.tail
        self.rigid = not body
        for field in body[:-1]:
            if isinstance(field.codec, CountedCodec) and field.codec.count is None:
                with placed_inside(field.name):
                    if not isinstance(field.codec, PaddingCodec):
                        raise DefinitionError("what takes all that is left must be last")
        for name in filter(None, (self.length_field, self.by)):
            if name not in {field.name for field in self.head}:
                raise DefinitionError(f"{name} must lie before the fields of variable size")
        self._find_counts()

    def _find_counts(self) -> None:
        """The place among the values of every field that is a count."""
        names = [*self.fields]
        self.counts: dict[str, int] = {}
        for index, field in enumerate(self.fields.values()):
            count = getattr(field.codec, "count", None)
            if isinstance(field.codec, CountedCodec) and count is not None:
                with placed_inside(field.name):
                    if count not in names[:index]:
                        raise unknown_name(self.name, count, names[:index], "earlier field")
                self.counts[count] = names.index(count)

    def _prepare_items(self) -> None:
        codecs = [field.codec for field in self.head]
        self.items = struct.Struct("<" + "".join(codec.format for codec in codecs))
        self.unpack = self.items.unpack_from
        self.lowers = [(i, codec.lower) for i, codec in enumerate(codecs) if codec.lower]

    def bind(self, cls: type) -> None:
        self.schema = cls
        self.make = partial(tuple.__new__, cls)

    def scan(self, data: Any, offset: int, end: int, depth: int = 0) -> tuple[Any, int]:
        if depth > DEEPEST:
            raise ParseError(f"structures of variable size lie deeper than {DEEPEST} in each other")
        if end - offset < self.items.size:
            raise short_read(self, end - offset)
        values = self._read_head(data, offset)
        limit = offset + self._total(values, end - offset)
        if kind := self._kind(values, limit - offset):
            return kind.scan(data, offset, end, depth)
        at = offset + self.items.size
        body = self.tail[:-1] if self.padded else self.tail
        for field in body:
            try:
                value, at = self._take(field, data, offset, at, limit, values, depth)
            except KobjectsError as error:
                error.inside(field.name, at - offset)
                raise
            values.append(value)
        if self.length_field and at < limit:
            raise self._left_over(at - offset, limit - offset)
        if self.padded:
            value, at = self._take(self.tail[-1], data, offset, at, end, values, depth)
            values.append(value)
        return self.make(values), at

    def _read_head(self, data: Any, offset: int) -> list[Any]:
        items = self.unpack(data, offset)
        try:
            return [
                field.codec.lift(item) if field.codec.lift else item
                for field, item in zip(self.head, items, strict=True)
            ]
        except KobjectsError:
            self._blame(items)
            raise

    def _take(
        self,
        field: ByteField,
        data: Any,
        start: int,
        at: int,
        end: int,
        values: list[Any],
        depth: int,
    ) -> tuple[Any, int]:
        """The value of a field at `at`, and the offset after it; `values` are those before it."""
        codec = field.codec
        if isinstance(codec, PaddingCodec):
            return codec.take_padding(data, start, at, end)
        if isinstance(codec, CountedCodec):
            count = None if codec.count is None else int(values[self.counts[codec.count]])
            return codec.take(data, at, end, count, depth + 1)
        return codec.scan(data, at, end, depth + 1)

    def _total(self, values: list[Any], available: int) -> int:
        """Bytes of the Record without a padding that ends it, or all that are there."""
        name = self.length_field
        if name is None:
            return available
        field = self.fields[name]
        total = int(values[self.slots[name][0]])
        if total < self.items.size:
            problem = f"{total} bytes, but {self.name} has at least {self.least}"
            raise too_short(problem, self.least, total, path=name, offset=field.offset)
        if total > available:
            problem = f"{total} bytes, but only {available} are left"
            raise too_short(problem, total, available, path=name, offset=field.offset)
        return total

    def _left_over(self, taken: int, total: int) -> ParseError:
        """The error of a length that says more than the fields take."""
        name = cast(str, self.length_field)
        problem = f"{total} bytes, of which the fields take {taken}"
        return too_short(problem, taken, total, path=name, offset=self.fields[name].offset)

    def _kind(self, values: list[Any], total: int) -> RecordCodec | None:
        """The codec of the subclass that these fields and this size mean."""
        if self.by is None or not self.kinds:
            return None
        fitting = self.kinds.get(values[self.slots[self.by][0]], ())
        return next((kind for kind in fitting if self._fits(kind, total)), None)

    def _fits(self, kind: RecordCodec, total: int) -> bool:
        if not isinstance(kind, VariableRecordCodec):
            return total == kind.size if self.length_field else total >= kind.size
        if kind.rigid and self.length_field:
            return total == kind.least
        return total >= kind.least

    def register(self, tag: Any, kind: RecordCodec) -> None:
        """Let this tag mean that subclass, if the size fits."""
        kinds = self.kinds.setdefault(tag, [])
        kinds.append(kind)
        kinds.sort(key=lambda each: isinstance(each, VariableRecordCodec))

    # Values: those of a subclass are their own codec's business.

    def accept(self, value: object) -> Any:
        if isinstance(value, Mapping) and self.by is not None:
            for kind in self.kinds.get(value.get(self.by), ()):
                if value.keys() <= kind.fields.keys():
                    return kind.accept(value)
        return RecordCodec.accept(self, value)

    def join(self, value: Any) -> bytes:
        rest = zip(self.tail, value[len(self.head) :], strict=True)
        return self._join_head(value) + b"".join(field.codec.emit(item) for field, item in rest)

    def _join_head(self, value: Any) -> bytes:
        items = list(value[: len(self.head)])
        for index, lower in self.lowers:
            items[index] = lower(items[index])
        return self.items.pack(*items)

    def emit(self, accepted: Any) -> bytes:
        return cast(RecordCodec, type(accepted)._codec).join(accepted)

    def write(self, value: object) -> bytes:
        return self.emit(self.accept(value))

    def write_many(self, values: tuple[Any, ...]) -> bytes:
        return b"".join(map(self.emit, values))

    def length(self, accepted: Any) -> int:
        own: Codec = type(accepted)._codec
        if own is not self:
            return own.length(accepted)
        return self.items.size + sum(self._lengths(accepted))

    def pickled(self, value: Any) -> tuple[Any, ...]:
        return self._join_head(value), tuple(value[len(self.head) :])

    def restore(self, data: bytes, rest: tuple[Any, ...] = ()) -> Any:
        return self.make([*self._read_head(data, 0), *rest])

    def measure(self, values: Any) -> int:
        return self.items.size + sum(self._lengths(values)[: -1 if self.padded else None])

    def _lengths(self, values: Any) -> list[int]:
        rest = values[len(self.head) :]
        return [field.codec.length(item) for field, item in zip(self.tail, rest, strict=True)]

    def plain(self, value: Any) -> Any:
        own: Codec = type(value)._codec
        return RecordCodec.plain(self, value) if own is self else own.plain(value)

    def stale(self, value: Any) -> Iterator[tuple[str, Any]]:
        own: Codec = type(value)._codec
        return RecordCodec.stale(self, value) if own is self else own.stale(value)

    def parts(self) -> Iterator[Part]:
        """The fields whose place is the same in every value."""
        for field in self.head:
            yield Part(field.name, field.offset, field.codec, field)

    def spread(self, value: Any) -> Iterator[tuple[Part, Any]]:
        own: Codec = type(value)._codec
        if own is not self:
            yield from own.spread(value)
            return
        offset = 0
        for field, item in zip(self.fields.values(), value, strict=True):
            yield Part(field.name, offset, field.codec, field), item
            offset += field.codec.length(item)
