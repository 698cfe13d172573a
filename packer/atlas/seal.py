"""The text of a map: JSON that carries its own digest, so that no byte of it changes unnoticed.

The digest is the first value: the SHA-256 of the whole file with 64 zeros in its place.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from packer.errors import PackError, Problem

HEAD = b'{"digest": "'
BLANK = b"0" * 64
AGAIN = "build the image again"
SCHEMA = 3
"""The version of what a map says: a new one when a key comes, goes or changes its meaning."""


def sealed(content: dict[str, Any]) -> bytes:
    """The file: one line for each key, so that two maps can be compared as texts, too."""
    rows = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    text = HEAD + BLANK + b'",\n' + ",\n".join(rows).encode() + b"\n}\n"
    return text.replace(BLANK, _digest(text), 1)


def unsealed(data: bytes, place: str) -> dict[str, Any]:
    """What the file says. PackError for one that is no map (KP2501) or not as it was written
    (KP2502).
    """
    start, end = len(HEAD), len(HEAD) + len(BLANK)
    if not data.startswith(HEAD) or len(data) < end:
        raise PackError([Problem("KP2501", place, "is no map that kpack build wrote", AGAIN)])
    blank = data[:start] + BLANK + data[end:]
    if _digest(blank) != data[start:end]:
        said = data[start:end].decode("ascii", "replace")
        text = f"has changed since it was written: its digest is {_digest(blank).decode()}, and it "
        raise PackError([Problem("KP2502", place, f"{text}says {said}", AGAIN)])
    content: dict[str, Any] = json.loads(data)
    return content


def read(path: Path) -> dict[str, Any]:
    """The map in a file; PackError as `unsealed`, and KP2202 for a file that cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        text = f"cannot be read: {error.strerror or error}"
        raise PackError([Problem("KP2202", str(path), text)]) from error
    return unsealed(data, str(path))


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()
