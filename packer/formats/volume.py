"""An ISO 9660 volume with one directory: its descriptor, path tables and directory records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from kobjects.firmware.iso9660 import (
    ROOT,
    SECTOR,
    FileFlags,
    IsoDirectoryRecord,
    PathTableEntry,
    PathTableEntryBig,
    PrimaryDescriptor,
    RecordingTime,
    VolumeLayout,
    VolumeTime,
    VolumeTimes,
)
from kobjects.text import Ascii, Spaced
from packer.formats.epoch import moment
from packer.provenance import Ledger, RecordPart

VOLUME_ID = PrimaryDescriptor.fields["volume_id"].size
SELF, PARENT = "\0", "\1"
"""What the first two records of every directory are called."""


class Places(Protocol):
    """Sectors where the parts of the volume lie, each of them one sector long."""

    @property
    def path_table(self) -> int: ...
    @property
    def path_table_big(self) -> int: ...
    @property
    def root(self) -> int: ...
    @property
    def end(self) -> int: ...


@dataclass(frozen=True)
class File:
    """A file of the volume: `name` as ISO 9660 has it, with its version; size in bytes."""

    name: str
    sector: int
    size: int


def primary(name: str, places: Places) -> PrimaryDescriptor:
    """What says how large the volume is, and where its root directory and path tables are."""
    when = moment()
    time = _volume_time(when)
    return PrimaryDescriptor(
        volume_id=Spaced(volume_name(name)),
        volume_size=places.end,
        layout=VolumeLayout(
            path_table_size=len(_path_entry(PathTableEntry, places).build()),
            path_table=places.path_table,
            path_table_big=places.path_table_big,
        ),
        root=ROOT.replace(extent=places.root, data_length=SECTOR, recorded=_recorded(when)),
        application=Spaced("KPACK"),
        times=VolumeTimes(created=time, modified=time),
    )


def volume_name(name: str) -> str:
    """The name in the letters that ISO 9660 has: capitals, digits and underscores."""
    return re.sub(r"[^A-Z0-9_]", "_", name.upper())[:VOLUME_ID]


def add_tables(ledger: Ledger, files: Sequence[File], places: Places) -> None:
    """The path tables and the root directory, in this order, a sector each."""
    for kind, order in ((PathTableEntry, "little-endian"), (PathTableEntryBig, "big-endian")):
        entry = _path_entry(kind, places)
        ledger.add(RecordPart(f"{order} path table", entry), bytes(entry.build()))
        _fill_sector(ledger, f"rest of the {order} path table's sector")
    when = moment()
    root = File(SELF, places.root, SECTOR)
    own = [root, File(PARENT, places.root, SECTOR)]
    for file in [*own, *sorted(files, key=lambda file: file.name)]:
        record = IsoDirectoryRecord(
            extent=file.sector,
            data_length=file.size,
            recorded=_recorded(when),
            flags=FileFlags(directory=file in own),
            name=Ascii(file.name),
        )
        ledger.add(RecordPart("root directory", record), bytes(record.build()))
    _fill_sector(ledger, "rest of the root directory's sector")


def _path_entry(kind: Any, places: Places) -> Any:
    """The root directory's, which is its own parent and the only one."""
    return kind(extent=places.root, parent=1, name=Ascii(SELF))


def _fill_sector(ledger: Ledger, reason: str) -> None:
    ledger.pad(len(ledger) + -len(ledger) % SECTOR, reason)


def _recorded(when: datetime) -> RecordingTime:
    return RecordingTime(
        years=when.year - 1900, month=when.month, day=when.day,
        hour=when.hour, minute=when.minute, second=when.second,
    )  # fmt: skip


def _volume_time(when: datetime) -> VolumeTime:
    return VolumeTime(
        year=Ascii(f"{when:%Y}"), month=Ascii(f"{when:%m}"), day=Ascii(f"{when:%d}"),
        hour=Ascii(f"{when:%H}"), minute=Ascii(f"{when:%M}"), second=Ascii(f"{when:%S}"),
    )  # fmt: skip
