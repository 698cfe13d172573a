"""The position finder against tomllib: what stands at a value's place is that value."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packer.manifest.positions import Path as KeyPath
from packer.manifest.positions import Positions

TRICKY = r"""
# [comment]
title = "a # no comment ] } ,"   # a comment
'quoted key' = 'single # [x]'
"esc\"aped" = "quote \" and \\"
dotted.key . "with.dot" = 1
multi = '''
[no table]
key = "value"
'''
multi2 = @@@
""\\" = "x"
four quotes end it@@@"
empty = {}
none = []
nested = [ [1, 2], ["a", { b = [ true ] }], ]   # trailing comma
spread = [
    # between
    "one", # after
    "two"
    ,
]
when = 1979-05-27 07:32:00
[table.sub]
x = 0x1f
[[list]]
y = 1
[list.of]
z = { "in line" = 2, deep.er = 'er' }
[[list]]
y = 2
[[list.inner]]
w = 3.5e3
[[list.inner]]
w = inf
""".replace("@@@", '"""')


def leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every value that is neither table nor array, with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


def assert_found(text: str) -> None:
    positions = Positions(text)
    for path, value in leaves(tomllib.loads(text)):
        start, length = positions.values[path]
        assert tomllib.loads(f"it = {text[start : start + length]}") == {"it": value}
        named = path if isinstance(path[-1], str) else path[:-1]
        while not isinstance(named[-1], str):
            named = named[:-1]
        start, length = positions.keys[named]
        assert named[-1] in tomllib.loads(f"{text[start : start + length]} = 1")


def test_every_value_and_key_of_a_tricky_document() -> None:
    assert_found(TRICKY)


@pytest.mark.parametrize("file", ["stages/user/demonstration.toml", "bench/guest/ipc.toml"])
def test_every_value_and_key_of_our_own_manifests(file: str, root: Path) -> None:
    assert_found((root / file).read_text(encoding="utf-8"))


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)
VALUES = st.recursive(
    st.integers(-99, 99) | st.booleans() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


def toml(value: Any) -> str:
    """A value as TOML, on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{toml(key)} = {toml(inner)}" for key, inner in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower()


@given(st.dictionaries(WORDS, VALUES, max_size=4))
def test_every_value_and_key_of_any_document(data: dict[str, Any]) -> None:
    assert_found(
        "\n".join(f"{toml(key)} = {toml(value)}  # {toml(key)}" for key, value in data.items())
    )


def test_what_has_no_place_of_its_own_takes_that_of_what_is_around() -> None:
    text = "[image]\nname = 1\n"
    positions = Positions(text)
    assert positions.of_key(("image", "targets")) == positions.keys["image",]
    assert positions.of_value(("nothing",)) == (0, 1)
