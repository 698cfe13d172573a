"""Construct schemas of what an x86-64 machine and this kernel read and write.

    from kobjects import Record, Word, bit, bits, u32

The structures themselves are in the rooms `cpu`, `firmware`, `devices` and `kernel`; README.md is
the map.
"""

from kobjects.errors import (
    BuildError,
    DefinitionError,
    FieldValueError,
    Finding,
    KobjectsError,
    ParseError,
    UnknownNameError,
)
from kobjects.record import (
    Leaf,
    Record,
    array,
    construct_field,
    leaves,
    nested,
    octets,
    reserved_bytes,
    u8,
    u16,
    u32,
    u64,
)
from kobjects.source import Manual, Source
from kobjects.word import Word, bit, bits, reserved

__all__ = [
    "BuildError",
    "DefinitionError",
    "FieldValueError",
    "Finding",
    "KobjectsError",
    "Leaf",
    "Manual",
    "ParseError",
    "Record",
    "Source",
    "UnknownNameError",
    "Word",
    "array",
    "bit",
    "bits",
    "construct_field",
    "leaves",
    "nested",
    "octets",
    "reserved",
    "reserved_bytes",
    "u8",
    "u16",
    "u32",
    "u64",
]
