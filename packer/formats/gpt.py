"""A disk with a GUID partition table and one partition: protective MBR, both copies, GUIDs."""

from __future__ import annotations

import hashlib
import uuid

from kobjects.firmware.gpt import Gpt, GptEntry, GptHeader
from kobjects.firmware.mbr import SECTOR_SIZE, MasterBootRecord
from kobjects.text import Guid, Utf16
from packer.layout import align_up
from packer.provenance import Ledger, Provenance, SchemaPart

FIRST = 2048
"""The partition's first sector: 1 MiB, where every partitioner begins one."""

TABLE_SECTORS = 33
"""One copy: a header, and 128 entries of 128 bytes."""


def disk(data: bytes, owners: Provenance, type_: Guid, name: str) -> tuple[bytes, Provenance]:
    """The disk with this partition on it. Its GUIDs follow from the partition's bytes."""
    partition = align_up(len(data), SECTOR_SIZE) // SECTOR_SIZE
    entry = GptEntry(
        type=type_,
        unique=content_guid(b"partition", data),
        first_lba=FIRST,
        last_lba=FIRST + partition - 1,
        name=Utf16(name),
    )
    sectors = FIRST + partition + TABLE_SECTORS
    table = Gpt.make([entry], sectors, content_guid(b"disk", data))
    entries = SchemaPart("GPT entries", GptEntry[len(table.entries)])
    array = GptEntry[len(table.entries)].build(table.entries)
    ledger = Ledger()
    ledger.add(SchemaPart("protective MBR", MasterBootRecord), table.mbr.build())
    _header(ledger, "GPT header", table.primary)
    ledger.add(entries, array)
    ledger.pad(FIRST * SECTOR_SIZE, "partitions begin on whole MiB")
    ledger.include(data, owners)
    ledger.pad((FIRST + partition) * SECTOR_SIZE, "rest of the partition's last sector")
    ledger.add(entries, array)
    _header(ledger, "GPT backup header", table.backup)
    return ledger.finish()


def _header(ledger: Ledger, name: str, header: GptHeader) -> None:
    end = len(ledger) + SECTOR_SIZE
    ledger.add(SchemaPart(name, GptHeader), header.build())
    ledger.pad(end, "a header has a sector of its own")


def content_guid(what: bytes, data: bytes) -> Guid:
    """A GUID that follows from bytes alone, marked as one by a hash: RFC 9562, version 8."""
    digest = hashlib.sha256(what + b"\0" + data).digest()[:16]
    number = int.from_bytes(digest, "big") & ~(0xF << 76) & ~(3 << 62) | 8 << 76 | 2 << 62
    return Guid(str(uuid.UUID(int=number)))
