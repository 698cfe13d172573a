"""What every schema has, be it a class or an array: it is a Construct over a `Codec`."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from kobjects.codec import Codec, short_read
from kobjects.errors import Finding, KobjectsError, construct_path
from kobjects.items import ArrayCodec, codec_of

if TYPE_CHECKING:
    import construct

    Construct = construct.Construct[Any, Any]
else:
    from construct import Construct

T = TypeVar("T")


class Engine(Construct):
    """A Construct over a codec, with what every schema offers. A subclass sets `_codec`."""

    _codec: Any

    if TYPE_CHECKING:  # else pyright finds that a field may not be called so
        name: Any
        docs: Any
        parsed: Any
        flagbuildnone: Any

    def _concrete(self) -> Codec:
        return cast(Codec, self._codec)

    @property
    def size(self) -> int:
        """In bytes. SizeError when that varies."""
        return self._concrete().size

    def parse(self, data: Any, **contextkw: Any) -> Any:
        """The value at the start of a bytes-like object; what follows is left alone."""
        return self._decode(data)

    def build(self, obj: Any, **contextkw: Any) -> bytes:
        """The bytes of a value, or of what a mapping of fields makes."""
        return self._concrete().write(obj)

    def sizeof(self, **contextkw: Any) -> int:
        """In bytes."""
        return self._concrete().size

    def offset(self, path: str) -> int:
        """Of what `path` leads to, such as `partitions[2].first_lba`, in bytes from the start."""
        from kobjects.path import offset_of

        return offset_of(self._concrete(), path)

    def view(self, buffer: Any, offset: int = 0) -> Any:
        """A ctypes structure over a writable buffer, without a copy: fields read and write it."""
        from kobjects.view import view

        return view(self._concrete(), buffer, offset)

    def columns(self, buffer: Any) -> Any:
        """numpy columns, one per field, of a buffer that holds an array of this."""
        from kobjects.columns import columns

        return columns(self._concrete(), buffer)

    def __getitem__(self, count: Any) -> Any:
        """`X[4]` is an array of four; `X[this.n]` is Construct's array, sized when it is read."""
        if isinstance(count, int) and not callable(count):
            return ArrayOf(self, count)
        return super().__getitem__(count)

    def _decode(self, data: Any) -> Any:
        codec = self._concrete()
        try:
            return codec.read(data, 0)
        except struct.error:
            raise short_read(codec, memoryview(data).nbytes) from None

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        start = _position(stream)
        codec = self._concrete()
        try:
            if codec.format:
                return self._decode(stream.read(codec.size))
            return _read_varying(codec, stream, start)
        except KobjectsError as error:
            error.inside(construct_path(path), start)
            raise

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        start = _position(stream)
        try:
            stream.write(self._concrete().write(obj))
        except KobjectsError as error:
            error.inside(construct_path(path), start)
            raise
        return obj

    def _sizeof(self, context: Any, path: str) -> int:
        return self._concrete().size


def _read_varying(codec: Codec, stream: Any, start: int) -> Any:
    """A value of variable size, after which the stream stands: it has to be able to seek."""
    if isinstance(stream, io.BytesIO):
        data, base = stream.getbuffer(), start
    else:
        data, base = memoryview(stream.read()), 0
    value, after = codec.scan(data, base, len(data))
    stream.seek(start + after - base)
    return value


def _position(stream: Any) -> int:
    try:
        return int(stream.tell())
    except (OSError, AttributeError):
        return 0  # a pipe: offsets then count from the schema's own start


class ArrayOf(Engine, Generic[T]):
    """`X[n]`: n of X, one after the other, read and written at once. Its value is a tuple."""

    def __init__(self, element: Any, count: int) -> None:
        super().__init__()
        self.element, self.count = element, count
        self._codec = ArrayCodec(codec_of(element), count, self)

    if TYPE_CHECKING:

        def parse(self, data: Any, **contextkw: Any) -> tuple[T, ...]: ...

        def __getitem__(  # type: ignore[override]  # Construct says Array
            self, count: int
        ) -> ArrayOf[tuple[T, ...]]: ...

    def check(self, value: Sequence[T]) -> list[Finding]:
        """What the elements break of the manual's rules."""
        return list(self._codec.lint(value))

    def __repr__(self) -> str:
        return f"{self.element!r}[{self.count}]"
