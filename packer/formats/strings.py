"""A string table of an ELF file."""

from __future__ import annotations

from collections.abc import Iterator

from packer.provenance import Kind, Owner


class Strings:
    """Strings that end in a zero byte, each once; the first is empty. A part of a file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 1
        self._offsets: dict[str, int] = {"": 0}

    def add(self, text: str) -> int:
        """The offset of the string in the table."""
        if text not in self._offsets:
            self._offsets[text] = self.size
            self.size += len(text.encode()) + 1
        return self._offsets[text]

    def data(self) -> bytes:
        """The bytes of the table."""
        return b"".join(text.encode() + b"\0" for text in self._offsets)

    def owners(self) -> Iterator[Owner]:
        for text, offset in self._offsets.items():
            size = len(text.encode()) + 1
            yield Owner(offset, size, Kind.DATA, self.name, path=text or "the empty name")
