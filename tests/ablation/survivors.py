"""The guards that no test misses and why that is so: `survivors.toml`, and whether it is exact."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from packer.ablation import kind
from tests.ablation.trial import CAUGHT, SURVIVED, Verdict

LIST = Path(__file__).parent / "survivors.toml"


def known(text: str) -> dict[str, str]:
    """Guard -> reason. ValueError for a guard that is listed twice, or for no reason."""
    found: dict[str, str] = {}
    for group in tomllib.loads(text).get("survivor", []):
        reason = group["reason"].strip()
        for name in group["guards"]:
            if name in found:
                raise ValueError(f"{name} is listed twice: {found[name]}; {reason}")
            if not reason:
                raise ValueError(f"{name} is listed without a reason")
            found[name] = reason
    return found


def complaints(
    verdicts: Sequence[Verdict], listed: Mapping[str, str], existing: frozenset[str]
) -> list[str]:
    """What is wrong with a run: verdicts that the list does not have, and the other way round.

    `existing` are all guards that there are, tried or not.
    """
    found = []
    for one in verdicts:
        reason = listed.get(one.name)
        if one.verdict == SURVIVED and reason is None:
            found.append(
                f"{one.name} ({one.text}): {one.tests} tests pass without it; write one that "
                f"fails, or list it in {LIST.name} with the reason why none can"
            )
        elif one.verdict == CAUGHT and reason is not None:
            found.append(
                f"{one.name} is listed in {LIST.name} as surviving ({reason}), but {one.test} "
                "fails without it; take it off the list"
            )
        elif one.verdict not in (SURVIVED, CAUGHT):
            found.append(f"{one.name}: {one.test} fails with it and without: {one.reason}")
    found += [
        f"{name} is listed in {LIST.name}, but there is no such guard; take it off the list"
        for name in listed
        if name not in existing
    ]
    return found


def summary(verdicts: Sequence[Verdict], listed: Mapping[str, str]) -> str:
    """How many of each kind there are, and what became of them, as a table."""
    rows = [f"{'kind':8}{'guards':>8}{'caught':>8}{'known':>8}{'new':>8}"]
    kinds = [kind(one.name) for one in verdicts]
    for each in [*dict.fromkeys(kinds), ""]:
        own = [one for one, its in zip(verdicts, kinds, strict=True) if each in ("", its)]
        caught = sum(one.verdict == CAUGHT for one in own)
        expected = sum(one.verdict == SURVIVED and one.name in listed for one in own)
        rest = len(own) - caught - expected
        rows.append(f"{each or 'all':8}{len(own):>8}{caught:>8}{expected:>8}{rest:>8}")
    return "\n".join(rows)
