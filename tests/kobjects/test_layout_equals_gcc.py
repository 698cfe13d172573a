"""Where gcc puts bit-fields and members of packed structures, the schemas have their fields."""

from __future__ import annotations

import random
import shutil
from functools import cache
from typing import Any

import pytest

from kobjects.record import leaves
from tests.kobjects.oracle import run_c
from tests.kobjects.samples import (
    Descriptor,
    Entry,
    Everything,
    Gate,
    Odd,
    Partition,
    Sector,
    Swapped,
)

# The structures of `samples`. A field in parts is name__0, name__1, the least significant first.
STRUCTURES = """
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define PACKED __attribute__((packed))
typedef uint64_t u64;
struct PACKED Descriptor { u64 limit__0 : 16, base__0 : 24, type : 4, code : 1, dpl : 2,
    present : 1, limit__1 : 4, available : 1, long__ : 1, size : 1, granularity : 1, base__1 : 8; };
struct PACKED Entry { u64 present : 1, one : 1, ignored : 10, address : 40, zero : 11,
    no_execute : 1; };
struct PACKED Gate { u64 offset__0 : 16, selector : 16, ist : 3, zero_35 : 5, kind : 4, zero_44 : 1,
    dpl : 2, present : 1, offset__1 : 16; u64 offset__2 : 32, ignored_96 : 32; };
struct PACKED Odd { uint32_t low : 5, middle : 15, media : 3, top : 1; };
struct PACKED Swapped { u64 turned__1 : 4, turned__0 : 4, scaled : 8; };
struct PACKED Partition { uint8_t status, first[3], ring, last[3]; uint32_t first_lba, count; };
struct PACKED Sector { uint8_t code[440]; uint32_t signature; uint8_t reserved[2];
    struct Partition partitions[4]; uint16_t magic; };
struct PACKED Everything { uint8_t name[8], active, ring; struct Odd odd; uint16_t network, big,
    words[3]; struct Entry entry; struct Gate gates[2]; struct Partition partition;
    struct PACKED { uint16_t x; uint32_t y; } point; uint8_t digests[3][4], rest[3]; };
"""

WORDS: list[Any] = [Descriptor, Entry, Gate, Odd, Swapped]
RECORDS: list[Any] = [Partition, Sector, Everything]
SAMPLES = 200


def numbers(word: Any) -> list[int]:
    """The same samples in every run."""
    dice = random.Random(word.__name__)
    return [dice.getrandbits(8 * word.size) for _ in range(SAMPLES)]


def parts(word: Any) -> list[tuple[str, str, int]]:
    """(field, member of the C structure, bits) of every part of every field."""
    found = []
    for name, field in word.fields.items():
        member = "long__" if name == "long" else name
        for index, (high, low) in enumerate(reversed(field.positions)):
            suffix = f"__{index}" if len(field.positions) > 1 else ""
            found.append((name, member + suffix, high - low + 1))
    return found


@cache
def answers() -> list[int]:
    """All that gcc has to say, in the order in which `program` asks."""
    assert shutil.which("gcc"), "this test needs gcc"
    return list(map(int, run_c(program()).split()))


def program() -> str:
    lines = [STRUCTURES, "int main() {"]
    for word in WORDS:
        octets = b"".join(word.build(number) for number in numbers(word))
        lines.append(f"{{ struct {word.__name__} x; static const uint8_t data[] =")
        lines.append(f"{{ {','.join(map(str, octets))} }};")
        lines.append(
            f"for (int i = 0; i < {SAMPLES}; i++) {{ memcpy(&x, data + i * sizeof x, sizeof x);"
        )
        lines += [f'printf("%llu ", (unsigned long long)x.{m});' for _, m, _ in parts(word)]
        lines.append("} }")
    for record in RECORDS:
        name = f"struct {record.__name__}"
        lines.append(f'printf("%zu ", sizeof({name}));')
        for leaf in leaves(record):
            size = f"sizeof((({name} *)0)->{leaf.path})"
            lines.append(f'printf("%zu %zu ", offsetof({name}, {leaf.path}), {size});')
    return "\n".join([*lines, "}"])


def expected_of_word(word: Any) -> list[int]:
    found = []
    for number in numbers(word):
        value = word.from_int(number)
        rest = {name: int(getattr(value, name)) // f.unit for name, f in word.fields.items()}
        for name, _, bits in parts(word):
            found.append(rest[name] & (1 << bits) - 1)
            rest[name] >>= bits
    return found


def expected_of_record(record: Any) -> list[int]:
    return [record.size, *(n for leaf in leaves(record) for n in (leaf.offset, leaf.size))]


EXPECTED = [
    *((word, expected_of_word) for word in WORDS),
    *((record, expected_of_record) for record in RECORDS),
]


@pytest.mark.parametrize("index", range(len(EXPECTED)), ids=lambda i: EXPECTED[i][0].__name__)
def test_gcc_agrees(index: int) -> None:
    start = sum(len(expected(schema)) for schema, expected in EXPECTED[:index])
    schema, expected = EXPECTED[index]
    mine = expected(schema)
    assert answers()[start : start + len(mine)] == mine
