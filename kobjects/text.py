"""Bytes that have a text: an annotation of `octets()` that loses nothing.

    label: Ascii = octets(8)        # "EFI" and zeros
    name: Utf16 = octets(72)
    volume: Spaced = octets(11)     # "EFI" and spaces
    unique: Guid = octets(16)

A value is made of a str or of bytes, and is bytes; `str(value)` is its text.
"""

from __future__ import annotations

import re
from typing import ClassVar, Self

from kobjects.errors import FieldValueError


class Text(bytes):
    """Bytes in an encoding. The text ends at the first zero; odd bytes show as escapes."""

    encoding: ClassVar[str] = "latin-1"
    fill: ClassVar[bytes] = b"\0"

    def __new__(cls, value: str | bytes = b"") -> Self:
        return bytes.__new__(cls, cls.encode_text(value) if isinstance(value, str) else value)

    @classmethod
    def encode_text(cls, text: str) -> bytes:
        """The bytes of a text; refuses what the encoding lacks."""
        try:
            return text.encode(cls.encoding)
        except UnicodeEncodeError as error:
            raise FieldValueError(f"{text!r} can't be written in {cls.encoding}") from error

    def __str__(self) -> str:
        return self.decode(self.encoding, "backslashreplace").split("\0")[0]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class Ascii(Text):
    """One byte a character, filled up with zeros."""

    encoding = "ascii"


class Spaced(Text):
    """One byte a character, filled up with spaces, as in FAT and ISO 9660."""

    encoding = "ascii"
    fill = b" "

    def __str__(self) -> str:
        return super().__str__().rstrip(" ")


class Utf16(Text):
    """Little-endian UTF-16, filled up with zeros."""

    encoding = "utf-16-le"

    def __str__(self) -> str:
        return self.decode(self.encoding, "replace").split("\0")[0]


class Utf16Big(Utf16):
    """Big-endian UTF-16, as in Joliet."""

    encoding = "utf-16-be"

    def __str__(self) -> str:
        return self.decode(self.encoding, "replace").split("\0")[0].rstrip()


_GUID = re.compile(r"([\da-f]{8})-([\da-f]{4})-([\da-f]{4})-([\da-f]{4})-([\da-f]{12})", re.I)


class Guid(Text):
    """16 bytes in the order of UEFI: the first three numbers are little-endian, the rest is not."""

    @classmethod
    def encode_text(cls, text: str) -> bytes:
        """The bytes of a text such as `C12A7328-F81F-11D2-BA4B-00A0C93EC93B`, in any case."""
        match = _GUID.fullmatch(text.strip("{}"))
        if not match:
            example = "01234567-89ab-cdef-0123-456789abcdef"
            raise FieldValueError(f"{text!r} is no GUID such as {example}")
        parts = [bytes.fromhex(part) for part in match.groups()]
        return b"".join([*(part[::-1] for part in parts[:3]), *parts[3:]])

    def __str__(self) -> str:
        octets = self.ljust(16, b"\0")
        first, second, third = octets[3::-1], octets[5:3:-1], octets[7:5:-1]
        parts = (first, second, third, octets[8:10], octets[10:16])
        return "-".join(part.hex() for part in parts)
