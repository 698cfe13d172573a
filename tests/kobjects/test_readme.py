"""The examples in the library's README do what they show."""

from __future__ import annotations

import doctest
from pathlib import Path


def test_the_examples_are_true(root: Path) -> None:
    text = (root / "kobjects" / "README.md").read_text(encoding="utf-8").replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, "README", "kobjects/README.md", 0)
    assert len(examples.examples) > 15
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples)
    assert outcome.failed == 0
