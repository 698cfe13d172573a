"""ELF notes as they lie one after the other in a note section or segment of 4-byte alignment."""

from __future__ import annotations

from kobjects.record import Record, octets, padding, tail, u32
from kobjects.source import ELF
from kobjects.text import Ascii


class ElfNote(Record, least=12, source=ELF("Note Section")):
    """One note, both of whose parts are padded to 4 bytes."""

    n_namesz: int = u32("bytes of the owner's name, with its zero byte")
    n_descsz: int = u32("bytes of the description")
    n_type: int = u32("meaning depends on the owner")
    owner: Ascii = octets("n_namesz", "ends in a zero byte")
    owner_padding: bytes = padding(4)
    description: bytes = octets("n_descsz")
    description_padding: bytes = padding(4)


class ElfNotes(Record, least=0, source=ELF("Note Section")):
    """All notes of a section or segment."""

    notes: tuple[ElfNote, ...] = tail(of=ElfNote)
