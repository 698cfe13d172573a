"""Mistakes in a manifest's [modules], each named at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from packer.manifest import ManifestError, parse

MANIFEST = """
[image]
name = "modules"
targets = ["pvh"]
{modules}
[[task]]
name = "one"
elf = "one.elf"
priority = 1
"""

MANY = [f"c{number}" for number in range(64)]


def complaints(modules: str) -> list[str]:
    """What is wrong, as line:column: code: text; the modules begin in line 5."""
    with pytest.raises(ManifestError) as caught:
        parse(MANIFEST.format(modules=modules), Path("kpack.toml"), {})
    return [
        f"{each.place.line}:{each.place.column}: {each.code}: {each.message}"
        for each in caught.value.diagnostics
    ]


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        (
            "[modules]\nseventeen_letters = 'x'",
            "6:1: KP3006: 'seventeen_letters' is no name of a module: letters, digits and signs, "
            "at most 16",
        ),
        ("[modules]\n'a b' = 'x'", "6:1: KP3006: 'a b' is no name of a module: letters, digits "),
        ("[modules]\na = 1", "6:5: KP3005: a is neither a string, a file, nor a table, a program"),
        ("[modules]\na = {priority = 1}", "6:1: KP3004: modules.a has no program"),
        ("[modules]\na = {elf = 'x'}", "6:1: KP3004: modules.a has no priority"),
        ("[modules]\na = {elf = 'x', priority = 256}", "6:28: KP3006: priority is 256, outside"),
        (
            "[modules]\na = {elf = 'x', priority = 1, slots = 64}",
            "6:31: KP3003: unknown key slots",
        ),
        (
            "[modules]\na = {elf = 'x', priority = 1, capabilities = ['c', 'b', 'c']}",
            "6:57: KP3008: the capability c is already wanted",
        ),
        (
            "[modules]\na = {elf = 'x', priority = 1, capabilities = ['1']}",
            "6:47: KP3006: '1' is no name: letters, digits and _, at most 16",
        ),
        (
            f"[modules]\na = {{elf = 'x', priority = 1, capabilities = {MANY}}}",
            "6:46: KP3006: 64 capabilities; a program holds 63",
        ),
        (
            "[modules]\n" + "\n".join(f"m{n} = 'x'" for n in range(85)),
            "5:2: KP3006: 85 modules; an image holds 84",
        ),
    ],
)
def test_mistakes_in_the_manifest(modules: str, expected: str) -> None:
    (found,) = complaints(modules)
    assert found.startswith(expected)
