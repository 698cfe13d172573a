"""Columns are the fields of many elements at once, as the elements themselves have them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobjects.errors import ParseError, UnknownNameError
from kobjects.word import Word, bits
from tests.kobjects.samples import (
    Descriptor,
    Entry,
    Everything,
    Gate,
    Network,
    Odd,
    Partition,
    Sector,
    Swapped,
)


class Wide(Word, bits=128):
    """A field that no number of numpy's holds."""

    low: int = bits("3:0")
    wide: int = bits("103:4")
    high: int = bits("127:104")


class BigOdd(Word, bits=40, byteorder="big"):
    """Neither a size nor an order of numpy's."""

    high: int = bits("39:30")
    low: int = bits("29:0")


@pytest.mark.parametrize(
    "word", [Descriptor, Entry, Gate, Odd, Swapped, Network, Wide, BigOdd], ids=repr
)
@given(st.binary(min_size=64, max_size=64))
def test_columns_are_the_fields_of_the_elements(word: Any, data: bytes) -> None:
    count = len(data) // word.size
    data = data[: count * word.size]
    columns, elements = word.columns(data), word[count].parse(data)
    assert len(columns) == count
    for name in word.fields:
        assert columns[name].tolist() == [getattr(element, name) for element in elements]


@given(st.binary(min_size=300, max_size=300))
def test_columns_of_records_and_what_lies_inside(data: bytes) -> None:
    columns, elements = Everything.columns(data), Everything[3].parse(data)
    assert columns.big.tolist() == [element.big for element in elements]
    assert columns.active.tolist() == [bool(element.active) for element in elements]
    assert columns.words.tolist() == [list(element.words) for element in elements]
    assert columns.odd.middle.tolist() == [element.odd.middle for element in elements]
    assert columns.network.length.tolist() == [element.network.length for element in elements]
    assert columns.partition.count.tolist() == [element.partition.count for element in elements]
    assert columns.gates.offset.tolist() == [
        [gate.offset for gate in element.gates] for element in elements
    ]
    assert columns.digests[2, 1].tobytes() == elements[2].digests[1]
    assert columns.name[1].tobytes() == elements[1].name


def test_columns_share_the_buffer() -> None:
    buffer = bytearray(64)
    columns = Partition.columns(buffer)
    columns.count[:] = 7
    assert [entry.count for entry in Partition[4].parse(buffer)] == [7] * 4
    assert np.shares_memory(columns.array, np.frombuffer(buffer, np.uint8))


def test_columns_of_an_array_schema_and_of_flags() -> None:
    data = Entry[3].build([Entry(present=True), Entry(), Entry(present=True, no_execute=True)])
    columns = Entry[3].columns(data)
    assert columns.present.dtype == bool
    assert (columns.present & columns.no_execute).tolist() == [False, False, True]
    assert "3 of Entry: present" in repr(columns)
    assert columns.names[0] == "present"
    assert Entry[3][2].columns(data * 2).no_execute.tolist() == [[False, False, True]] * 2


def test_bad_columns_are_refused() -> None:
    with pytest.raises(ParseError, match="20 bytes are not a whole number of elements of 8"):
        Entry.columns(bytes(20))
    with pytest.raises(UnknownNameError, match=r"Entry has no field 'adress'; .* 'address'"):
        getattr(Entry.columns(bytes(16)), "adress")  # noqa: B009
    assert len(Sector.columns(b"")) == 0


def test_the_library_loads_numpy_and_ctypes_only_when_they_are_asked_for() -> None:
    code = "import sys, kobjects; sys.exit(bool({'numpy', 'ctypes', 'difflib'} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )
