"""Construct schemas of what an x86-64 machine and this kernel read and write.

    from kobjects import Record, Word, bit, bits, u32

The structures themselves are in the rooms `cpu`, `firmware`, `devices` and `kernel`; README.md is
the map.
"""

from kobjects.derive import copy_of, count_of, crc32, sum_zero, total_size
from kobjects.errors import (
    BuildError,
    DefinitionError,
    FieldValueError,
    Finding,
    KobjectsError,
    ParseError,
    SizeError,
    UnknownNameError,
)
from kobjects.path import locate
from kobjects.record import (
    Leaf,
    Record,
    array,
    construct_field,
    leaves,
    nested,
    octets,
    padding,
    reserved_bytes,
    tail,
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
    "SizeError",
    "Source",
    "UnknownNameError",
    "Word",
    "array",
    "bit",
    "bits",
    "construct_field",
    "copy_of",
    "count_of",
    "crc32",
    "leaves",
    "locate",
    "nested",
    "octets",
    "padding",
    "reserved",
    "reserved_bytes",
    "sum_zero",
    "tail",
    "total_size",
    "u8",
    "u16",
    "u32",
    "u64",
]
