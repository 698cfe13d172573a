"""stages/README.md is the manual that the kernel's structures cite and that its callers read."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import kobjects.kernel
from kobjects.kernel.abi import Call, Status
from kobjects.source import KERNEL, Source

README = Path(__file__).parents[2] / "stages" / "README.md"


def cited_sections() -> set[str]:
    """The section titles of all structures in kobjects.kernel that cite this repository."""
    cited = set()
    for module in pkgutil.iter_modules(kobjects.kernel.__path__, "kobjects.kernel."):
        for thing in vars(importlib.import_module(module.name)).values():
            source = getattr(thing, "source", None)
            if isinstance(source, Source) and source.manual is KERNEL:
                cited.add(source.section)
    return cited


def test_cited_sections_exist() -> None:
    headings = set(re.findall(r"^#+ (.*)$", README.read_text(encoding="utf-8"), re.MULTILINE))
    cited = cited_sections()
    assert len(cited) > 5
    assert cited <= headings


def test_every_call_has_a_row_with_its_number() -> None:
    rows = re.findall(r"^\| ([A-Z_]+) (\d+) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: int(number) for name, number in rows} == {one.name: one.value for one in Call}


def test_every_status_that_is_returned_is_named() -> None:
    text = README.read_text(encoding="utf-8")
    unnamed = {one.name for one in Status if one.name not in text}
    assert unnamed <= {"OK"}


def test_the_tests_that_the_threats_name_exist(root: Path) -> None:
    named = re.findall(
        r"`((?:tests/packer/)?test_\w+\.py)`", (root / "stages/THREATS.md").read_text()
    )
    assert len(named) > 20
    missing = [one for one in named if not (root / "tests/stages" / one).is_file()]
    assert [one for one in missing if not (root / one).is_file()] == []
