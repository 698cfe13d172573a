"""The Rust module, as rustc understands it: every constant, field and offset against kobjects."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kobjects.emit import rust
from kobjects.emit.shapes import is_flags
from kobjects.errors import DefinitionError
from kobjects.word import Word, bit
from tests.kobjects.emit import cases
from tests.kobjects.samples import Entry, Everything, Gate, Media, Ring

PROGRAM = """
mod exported;
use exported::*;
fn show<T: Copy>(value: T) {
    let size = core::mem::size_of::<T>();
    let data = unsafe { core::slice::from_raw_parts(&value as *const T as *const u8, size) };
    println!("{}", data.iter().map(|octet| format!("{octet:02x}")).collect::<String>());
}
fn of<T: Copy>(data: &[u8]) -> T {
    assert!(data.len() == core::mem::size_of::<T>());
    unsafe { core::ptr::read_unaligned(data.as_ptr() as *const T) }
}
"""


class Exported(NamedTuple):
    """A folder with the module of some schemas."""

    folder: Path
    schemas: list[Any]


@pytest.fixture(scope="module", params=list(cases.SETS))
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(tmp_path_factory.mktemp("rust"), cases.SETS[request.param])


def export(folder: Path, schemas: list[Any]) -> Exported:
    if shutil.which("rustc") is None:
        pytest.skip("rustc is missing: apt-get install rustc")
    (folder / "exported.rs").write_text(rust.module(schemas))
    return Exported(folder, schemas)


def compile_(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["rustc", "--edition", "2021", "-D", "warnings", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def run(exported: Exported, body: list[str]) -> list[str]:
    """What a program prints, line by line. Each statement stands in a function of its own."""
    parts = [f"fn part{index}() {{ {statement} }}" for index, statement in enumerate(body)]
    calls = " ".join(f"part{index}();" for index in range(len(body)))
    text = "\n".join(["#![allow(dead_code)]", PROGRAM, *parts, f"fn main() {{ {calls} }}"])
    (exported.folder / "main.rs").write_text(text)
    done = compile_(exported.folder, "main.rs")
    assert done.returncode == 0, done.stderr[-4000:]
    ran = subprocess.run([exported.folder / "main"], capture_output=True, text=True, check=True)
    return ran.stdout.split()


def spelled(name: str) -> str:
    if name in rust.NOT_RAW:
        return f"{name}_"
    return f"r#{name}" if name in rust.KEYWORDS else name


def read(word: str, name: str, field: Any) -> str:
    """Rust for a field as a number, also one that its enumeration does not name."""
    value = f"{word}.{spelled(name)}()"
    if is_flags(field.enum):
        return f"{value}.0"
    if field.enum:
        return f"match {value} {{ Ok(member) => member as u64, Err(number) => number }}"
    return f"{value} as u64"


def new(field: Any, number: int) -> str:
    """Rust for a number as a field's value."""
    if field.type is bool:
        return "true" if number else "false"
    if is_flags(field.enum):
        return f"{field.enum.__name__}({number})"
    return f"{field.enum.__name__}::from_raw({number}).unwrap()" if field.enum else str(number)


def test_the_fields_of_words_are_what_kobjects_says(exported: Exported) -> None:
    body, expected = [], []
    for case in cases.words(exported.schemas):
        lines = [f"let x: {case.schema.__name__} = of(&{list(case.data)});"]
        for index, (name, field) in enumerate(case.fields):
            lines.append(f'println!("{{}}", {read("x", name, field)});')
            lines.append(f"show(x.with_{name}({new(field, case.news[index])}));")
            expected += [str(case.values[index]), case.changed[index].hex()]
        body.append(" ".join(lines) if case.fields else "")
    assert run(exported, body) == expected


def test_the_fields_of_records_are_where_kobjects_says(exported: Exported) -> None:
    body, expected = [], []
    for schema, data in cases.records(exported.schemas):
        name = schema.__name__
        lines = [f"let x: {name} = of(&{list(data)}); show(x);"]
        expected.append(data.hex())
        for field, offset, size, value in cases.members(schema, data):
            lines.append(f"let part = x.{spelled(field)}; show(part);")
            expected.append(data[offset : offset + size].hex())
            if value is not None:
                lines.append('println!("{}", part);')
                expected.append(str(value))
        body.append(" ".join(lines))
    assert run(exported, body) == expected


def test_members_of_enumerations_and_masks_have_their_values(exported: Exported) -> None:
    expected = {}
    for schema, name, number in cases.enumerations(exported.schemas):
        value = f"{schema.__name__}::{spelled(name)}"
        expected[f"{value}.0" if is_flags(schema) else f"{value} as i128 as u64"] = number
    for schema, name, field in cases.fields(exported.schemas):
        expected[f"{schema.__name__}::{name.upper()}_MASK as u64"] = field.mask
        if field.shift is not None:
            expected[f"{schema.__name__}::{name.upper()}_SHIFT as u64"] = field.shift
    body = [
        f"const ALL: &[u64] = &[{','.join(expected)}];"
        'for number in ALL { println!("{number}"); }'
    ]
    assert run(exported, body) == [str(number % 2**64) for number in expected.values()]


def test_a_default_is_the_word_of_no_fields(exported: Exported) -> None:
    schemas = list(cases.word_classes(exported.schemas))
    body = [f"show({schema.__name__}::DEFAULT);" for schema in schemas]
    assert run(exported, body) == [schema().build().hex() for schema in schemas]


def test_a_freestanding_crate_takes_the_module(exported: Exported) -> None:
    (exported.folder / "lib.rs").write_text("#![no_std]\npub mod exported;\n")
    done = compile_(exported.folder, "--crate-type", "lib", "--emit", "metadata", "lib.rs")
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("pub first_lba: u32,", "pub first_lba: u64,", "offset!(Partition, count) == 0xc"),
        ("pub magic: u16,", "pub magic: u8,", "size_of::<Sector>() == 512"),
        ("pub struct Entry(pub u64);", "pub struct Entry(pub u128);", "size_of::<Entry>() == 8"),
    ],
)
def test_a_layout_that_is_another_does_not_compile(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    export(tmp_path, cases.SETS["samples"])
    text = (tmp_path / "exported.rs").read_text()
    assert old in text
    (tmp_path / "exported.rs").write_text(text.replace(old, new))
    (tmp_path / "lib.rs").write_text("#![no_std]\npub mod exported;\n")
    done = compile_(tmp_path, "--crate-type", "lib", "--emit", "metadata", "lib.rs")
    assert done.returncode
    assert complaint in done.stderr


def test_what_the_module_says() -> None:
    text = rust.module([Entry, Ring, Media, Gate, Everything])
    for line in (
        "#[repr(transparent)]\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\n"
        "pub struct Entry(pub u64);\n",
        "pub const ADDRESS_MASK: u64 = 0xffffffffff000;",
        "    /// bits 51:12, a multiple of 0x1000: physical address\n"
        "    pub const fn address(self) -> u64 {\n"
        "        (self.0 as u64 >> 12 & 0xffffffffff) << 12\n    }\n",
        "pub const fn dpl(self) -> core::result::Result<Ring, u64> {",
        "pub struct Media(pub u64);",
        "#[repr(C, packed)]\n#[derive(Clone, Copy)]\npub struct Everything {",
        "#[repr(C)]\n#[derive(Clone, Copy)]\npub struct Partition {",
        "pub const ORIGIN: usize = 0x10;",
    ):
        assert line in text


def test_two_methods_of_one_name_are_refused() -> None:
    class Twice(Word, bits=8):
        """A field that has the name of another's setter."""

        a: bool = bit(0)
        with_a: bool = bit(1)
        b: bool = bit(2)
        c: bool = bit(3)
        d: bool = bit(4)
        e: bool = bit(5)
        f: bool = bit(6)
        g: bool = bit(7)

    with pytest.raises(DefinitionError) as caught:
        rust.module([Twice])
    assert str(caught.value) == "with_a would be both Twice.a and Twice.with_a; rename one"


def test_a_field_of_no_bytes_is_left_out() -> None:
    text = rust.module([cases.Unaligned, cases.Varying])
    assert "pub nothing:" not in text
    assert "pub names:" not in text
    assert "/// Behind it, where the values before say: names, pairs, behind, rest." in text
