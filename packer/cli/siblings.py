"""Whether the four packages of this distribution are its own.

`stages`, `packer` and `bench` are names that other distributions also install, over ours or before
them on the path; what then fails would name neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("kobjects", "stages", "packer", "bench")


def complaint(packages: Sequence[str] = PACKAGES, own: Path | None = None) -> str:
    """What is wrong, for a person; "" if all lie beside this package. None of them is imported."""
    own = own or Path(__file__).parents[2]
    for name in packages:
        place = location(name)
        if place is None:
            return _text(f"the package {name} is missing; it should be in {own}")
        if place.parent != own:
            return _text(f"the package {name} in {place} is not kpack's, which is in {own / name}")
    return ""


def location(name: str) -> Path | None:
    """The folder of an importable package."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    places = list(spec.submodule_search_locations or ())
    return Path(places[0] if places else spec.origin or name).resolve()


def _text(what: str) -> str:
    return f"error[KP4008]: {what}\nhelp: install kpack into a virtual environment of its own"
