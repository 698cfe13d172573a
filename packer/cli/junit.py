"""Test results in the XML that CI systems read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree


class Case(NamedTuple):
    """One test; it passed if `failure` is empty."""

    name: str
    seconds: float
    failure: str
    output: str
    details: str


def report(suite: str, cases: Sequence[Case]) -> bytes:
    """The whole document."""
    root = ElementTree.Element(
        "testsuite",
        name=suite,
        tests=str(len(cases)),
        failures=str(sum(bool(case.failure) for case in cases)),
        errors="0",
        time=f"{sum(case.seconds for case in cases):.3f}",
    )
    for case in cases:
        element = ElementTree.SubElement(
            root, "testcase", classname=suite, name=case.name, time=f"{case.seconds:.3f}"
        )
        if case.failure:
            failure = ElementTree.SubElement(element, "failure", message=case.failure)
            failure.text = _legal(case.details)
        ElementTree.SubElement(element, "system-out").text = _legal(case.output)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _legal(text: str) -> str:
    """The text without the control characters that XML forbids even when escaped."""
    return "".join(letter if letter >= " " or letter in "\t\n" else "�" for letter in text)
