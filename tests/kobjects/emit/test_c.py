"""The C header, as gcc and g++ understand it: every constant, field and offset against kobjects."""

from __future__ import annotations

import enum
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kobjects.emit import c
from kobjects.emit.shapes import screaming, snake
from kobjects.errors import DefinitionError
from kobjects.record import Record, octets
from kobjects.word import Word, bits
from tests.kobjects.emit import cases
from tests.kobjects.samples import Entry, Everything, Ring

STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic-errors")

PROGRAM = """
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "exported.h"
static inline void show(const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        printf("%02x", ((const unsigned char *)data)[i]);
    puts("");
}
#define NUMBER(value) printf("%" PRIu64 "\\n", (uint64_t)(value))
"""


class Exported(NamedTuple):
    """A folder with the header of some schemas."""

    folder: Path
    schemas: list[Any]


@pytest.fixture(scope="module", params=list(cases.SETS))
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(tmp_path_factory.mktemp("c"), cases.SETS[request.param])


def export(folder: Path, schemas: list[Any]) -> Exported:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing: apt-get install gcc libc6-dev")
    (folder / "exported.h").write_text(c.header(schemas, name="exported"))
    return Exported(folder, schemas)


def compiled(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


def run(folder: Path, body: list[str]) -> list[str]:
    """What a program prints, line by line. Each statement stands in a function of its own."""
    source = [PROGRAM]
    for index, statement in enumerate(body):
        source.append(f"static void part{index}(void) {{ {statement} }}")
    calls = "".join(f"part{index}();" for index in range(len(body)))
    (folder / "main.c").write_text("\n".join([*source, f"int main(void) {{ {calls} }}"]))
    compiled(folder, "gcc", "-std=c11", *STRICT, "-o", "main", "main.c")
    done = subprocess.run([folder / "main"], capture_output=True, text=True, check=True)
    return done.stdout.split()


def octets_of(data: bytes) -> str:
    return f"static const uint8_t data[] = {{ {','.join(map(str, data))} }};"


def test_the_fields_of_words_are_what_kobjects_says(exported: Exported) -> None:
    body, expected = [], []
    for case in cases.words(exported.schemas):
        name = case.schema.__name__
        lines = [octets_of(case.data), f"{name} x; memcpy(&x, data, sizeof x);"]
        for index, (field, _) in enumerate(case.fields):
            function = snake(name) + "_" + field
            setter = f"{snake(name)}_with_{field}"
            kind = c._Writer("").value_type(case.schema.fields[field])
            lines.append(f"NUMBER({function}(x));")
            lines.append(f"{{ {name} y = {setter}(x, ({kind})UINT64_C({case.news[index]}));")
            lines.append("show(&y, sizeof y); }")
            expected += [str(case.values[index]), case.changed[index].hex()]
        body.append(" ".join(lines))
    assert run(exported.folder, body) == expected


def test_the_members_of_structs_are_where_kobjects_says(exported: Exported) -> None:
    body, expected = [], []
    for schema, data in cases.records(exported.schemas):
        name = schema.__name__
        lines = [octets_of(data), f"static {name} x; memcpy(&x, data, sizeof x); NUMBER(sizeof x);"]
        expected.append(str(len(data)))
        for field, offset, size, value in cases.members(schema, data):
            member = f"{field}_" if field in c.KEYWORDS else field
            lines.append(f"NUMBER(offsetof({name}, {member})); NUMBER(sizeof x.{member});")
            expected += [str(offset), str(size)]
            if value is not None:
                lines.append(f"NUMBER(x.{member});")
                expected.append(str(value))
        body.append(" ".join(lines))
    assert run(exported.folder, body) == expected


def test_members_of_enumerations_and_masks_have_their_values(exported: Exported) -> None:
    expected = {
        f"{screaming(schema.__name__)}_{name}": number
        for schema, name, number in cases.enumerations(exported.schemas)
    }
    for schema, name, field in cases.fields(exported.schemas):
        macro = f"{screaming(schema.__name__)}_{name.upper()}"
        expected[f"{macro}_MASK"] = field.mask
        if field.shift is not None:
            expected[f"{macro}_SHIFT"] = field.shift
    numbers = ",".join(f"(uint64_t)(int64_t){name}" for name in expected)
    body = [
        f"static const uint64_t all[] = {{ {numbers} }};"
        "for (size_t i = 0; i < sizeof all / sizeof *all; i++) NUMBER(all[i]);"
    ]
    assert run(exported.folder, body) == [str(number % 2**64) for number in expected.values()]


def test_a_default_is_the_word_of_no_fields(exported: Exported) -> None:
    body, expected = [], []
    for schema in cases.word_classes(exported.schemas):
        name = schema.__name__
        body.append(f"const {name} x = {screaming(name)}_DEFAULT; show(&x, sizeof x);")
        expected.append(schema().build().hex())
    assert run(exported.folder, body) == expected


@pytest.mark.parametrize(
    "command",
    [
        ("gcc", "-std=c11", *STRICT, "-ffreestanding", "-mgeneral-regs-only"),
        ("gcc", "-std=c2x", *STRICT),
        ("g++", "-std=c++11", "-Wall", "-Wextra", "-Werror"),
        ("g++", "-std=c++20", "-Wall", "-Wextra", "-Werror"),
        ("clang", "-std=c11", "-Wall", "-Wextra", "-Werror"),
    ],
    ids=" ".join,
)
def test_compilers_take_the_header_twice(exported: Exported, command: tuple[str, ...]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is missing: apt-get install {command[0]}")
    source = "twice.cpp" if command[0] == "g++" else "twice.c"
    (exported.folder / source).write_text('#include "exported.h"\n#include <assert.h>\n' * 2)
    compiled(exported.folder, *command, "-c", source)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("uint32_t first_lba;", "uint64_t first_lba;", "Partition.count"),
        ("uint16_t magic;", "uint8_t magic;", "the size of Sector"),
        ("typedef uint64_t Entry;", "typedef uint32_t Entry;", "the size of Entry"),
    ],
)
def test_a_layout_that_is_another_does_not_compile(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    folder = export(tmp_path, cases.SETS["samples"]).folder
    text = (folder / "exported.h").read_text()
    assert old in text
    (folder / "broken.c").write_text(text.replace(old, new))
    done = subprocess.run(
        ["gcc", "-fsyntax-only", "broken.c"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert f'static assertion failed: "{complaint}"' in done.stderr


def test_what_the_header_says_of_a_word() -> None:
    text = c.header([Entry], name="my-entry")
    assert "#ifndef MY_ENTRY_H\n" in text
    assert (
        "/* bits 51:12, a multiple of 0x1000: physical address */\n"
        "#define ENTRY_ADDRESS_MASK UINT64_C(0xffffffffff000)\n"
        "#define ENTRY_ADDRESS_SHIFT 12\n"
    ) in text
    assert (
        "static inline uint64_t entry_address(Entry word)\n{\n"
        "    return (uint64_t)(((uint64_t)word >> 12 & UINT64_C(0xffffffffff)) << 12);\n}\n"
    ) in text


def test_a_prefix_begins_every_name() -> None:
    text = c.header([Entry, Ring], prefix="my_")
    for name in (
        "my_Entry",
        "my_Ring",
        "MY_RING_USER",
        "MY_ENTRY_PRESENT_MASK",
        "my_entry_present",
    ):
        assert name in text
    assert "typedef uint64_t my_Entry;" in text


class Ringlet(Word, bits=8):
    """Its masks are named as the members of an enumeration below."""

    user: int = bits("7:0")


class RingletUser(enum.IntEnum):
    """See `Ringlet`."""

    MASK = 1


def test_two_things_of_one_name_are_refused() -> None:
    with pytest.raises(DefinitionError) as caught:
        c.header([Ringlet, RingletUser])
    assert str(caught.value) == (
        "RINGLET_USER_MASK would be both Ringlet.user.mask and RingletUser.MASK; "
        "export one of them, or rename one"
    )


def test_two_schemas_of_one_name_are_refused() -> None:
    class Entry(Word, bits=8):
        """Another one."""

        all: int = bits("7:0")

    with pytest.raises(DefinitionError) as caught:
        c.header([Entry, Everything])
    assert str(caught.value) == (
        f"Entry would be both {__name__}'s and tests.kobjects.samples's; export one of them"
    )


def test_what_varies_is_only_named() -> None:
    text = c.header([cases.Varying, cases.Loose])
    assert (
        "/* Behind it, where the values before say: names, pairs, behind, rest. */\n"
        "typedef struct Varying {\n"
    ) in text
    assert 'static_assert(sizeof(Varying) == 8, "the size of Varying");' in text
    assert "/* Behind it, where the values before say: rest. */" in text
    assert "Loose;" not in text


def test_an_empty_record_is_refused() -> None:
    class Empty(Record, size=0):
        """Nothing."""

        nothing: bytes = octets(0)

    with pytest.raises(DefinitionError, match="Empty has no byte, and C has no empty struct"):
        c.header([Empty])


@pytest.mark.parametrize("schema", [Entry[4], octets])
def test_what_has_no_name_is_refused(schema: object) -> None:
    with pytest.raises(DefinitionError, match=r"has no name to be exported by|is not a schema"):
        c.header([schema])
