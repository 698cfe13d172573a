"""Views: ctypes structures that lie in a buffer and change it, without a copy.

A Word is one unsigned number in its structure and its fields are properties over that, since
compilers and Python versions disagree on where ctypes' own bit-fields lie. Whatever is written is
checked as a constructor would.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from kobjects.codec import Codec, short_read
from kobjects.errors import KobjectsError, UnknownNameError, inside, unknown_name
from kobjects.items import ArrayCodec, NumberCodec
from kobjects.recordcodec import RecordCodec
from kobjects.wordcodec import WordCodec

_NUMBERS: dict[int, Any] = {
    1: ctypes.c_uint8,
    2: ctypes.c_uint16,
    4: ctypes.c_uint32,
    8: ctypes.c_uint64,
}


def view(codec: Codec, buffer: Any, offset: int) -> Any:
    """What the codec reads, in place at `offset` of a writable buffer."""
    whole = memoryview(buffer)
    if whole.readonly:
        raise KobjectsError(
            "a view changes its buffer, and this one is read-only; use a bytearray, a mapping with "
            "ACCESS_COPY, or parse()"
        )
    if offset < 0 or whole.nbytes - offset < codec.size:
        raise short_read(codec, max(whole.nbytes - offset, 0))
    return _shown(codec, _ctype(codec).from_buffer(buffer, offset))


class View(ctypes.LittleEndianStructure):
    """The common part of the structures over Words and Records."""

    __slots__ = ()
    _codec: Codec

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in type(self)._codec.fields:  # type: ignore[attr-defined]
            raise self._unknown(name)
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._unknown(name)

    def _unknown(self, name: str) -> UnknownNameError:
        codec: Any = type(self)._codec
        return unknown_name(codec.name, name, codec.fields)

    def __bytes__(self) -> bytes:
        return ctypes.string_at(ctypes.addressof(self), ctypes.sizeof(self))

    def __eq__(self, other: object) -> bool:
        return bool(self.__snapshot() == (other.__snapshot() if isinstance(other, View) else other))

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __snapshot(self) -> Any:
        return type(self)._codec.read(bytes(self))

    def __repr__(self) -> str:
        return f"<view of {self.__snapshot()!r}>"


class ArrayView:
    """The elements of an array in place; `raw` is the ctypes array."""

    def __init__(self, codec: ArrayCodec, raw: Any) -> None:
        self._codec, self.raw = codec, raw

    def __len__(self) -> int:
        return self._codec.count

    def __getitem__(self, index: int) -> Any:
        return _shown(self._codec.element, self.raw[index])

    def __setitem__(self, index: int, value: Any) -> None:
        element, index = self._codec.element, range(len(self))[index]
        _store(self.raw, index * element.size, element, f"[{index}]", value)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __bytes__(self) -> bytes:
        return bytes(self.raw)

    def __repr__(self) -> str:
        return f"<view of {self._codec!r}>"


def _ctype(codec: Any) -> Any:
    """The ctypes type of the bytes that a codec reads; made once for each Word and Record."""
    if isinstance(codec, ArrayCodec):
        return _ctype(codec.element) * codec.count
    if isinstance(codec, NumberCodec) and codec.format in "BHIQ":
        return _NUMBERS[codec.size]
    if not isinstance(codec, WordCodec | RecordCodec):
        return ctypes.c_ubyte * codec.size
    if codec.view_type is None:
        codec.view_type = _word_view(codec) if isinstance(codec, WordCodec) else _record_view(codec)
    return codec.view_type


def _shown(codec: Codec, raw: Any) -> Any:
    """What a person gets to see of a ctypes value."""
    if isinstance(codec, ArrayCodec):
        return ArrayView(codec, raw)
    if isinstance(codec, NumberCodec) and isinstance(raw, int):
        return codec.typed(raw) if codec.typed else raw
    return raw if isinstance(raw, View) else codec.read(bytes(raw))


def _store(owner: Any, offset: int, codec: Codec, step: str, value: Any) -> None:
    with inside(step):
        data = codec.write(value)
    ctypes.memmove(ctypes.addressof(owner) + offset, data, codec.size)


def _structure(codec: Any, fields: list[Any], properties: dict[str, Any]) -> Any:
    layout = {"_pack_": 1, "_layout_": "ms", "_fields_": fields, "_codec": codec, "__slots__": ()}
    return type(f"{codec.name}View", (View,), {**layout, **properties})


def _record_view(codec: RecordCodec) -> Any:
    def accessor(name: str, offset: int, inner: Codec) -> property:
        hidden = f"_{name}"
        return property(
            lambda self: _shown(inner, getattr(self, hidden)),
            lambda self, value: _store(self, offset, inner, name, value),
        )

    fields = codec.fields.values()
    raw = [(f"_{field.name}", _ctype(field.codec)) for field in fields]
    return _structure(codec, raw, {f.name: accessor(f.name, f.offset, f.codec) for f in fields})


def _word_view(codec: WordCodec) -> Any:
    if codec.format in "BHIQ":
        raw: Any = _NUMBERS[codec.size]

        def number(self: Any) -> int:
            return int(self._raw)
    else:
        raw = ctypes.c_ubyte * codec.size

        def number(self: Any) -> int:
            return codec.read(self) + 0  # type: ignore[no-any-return]

    def accessor(name: str) -> property:
        getter = codec.properties[name].fget

        def store(self: View, value: Any) -> None:
            _store(self, 0, codec, "", codec.place(number(self), {name: value}))

        return property(lambda self: getter(number(self)), store)

    names: dict[str, Any] = {"__int__": number, "__index__": number}
    names |= {name: accessor(name) for name in codec.fields}
    return _structure(codec, [("_raw", raw)], names)
