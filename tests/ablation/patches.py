"""What stands between the tests and the packer while guards are left out.

Tests build and boot as always; these patches change what `packer.build.build` links, tell of what
it made, and keep a machine from running longer than it could need. They are made in processes that
do nothing else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import packer.cache
import packer.machine.run
from packer import ablation
from packer.ablation.guard import Guard, by_name, without
from packer.asm import Unit
from packer.formats import FORMATS
from packer.image import Artifact, Image, LinkedUnit
from packer.link import link
from packer.machine.outcome import Outcome
from stages.model import BootCode

ENDS_BY_ITSELF = 5.0
"""Seconds: a test that allows a machine as long does not mean to wait for so long."""

CODE_KINDS = ("branch", "flow", "bit", "system", "zero")

Made = Callable[..., None]
"""Given a file, the image, and its boot code where that is not the target's."""


def keep_units(patch: pytest.MonkeyPatch, units: dict[str, Unit]) -> None:
    """Assembled units stay in memory, where processes that fork from this one find them."""
    patch.setattr(packer.cache, "_read", lambda entry: units.get(Path(entry).name))
    patch.setattr(
        packer.cache, "_write", lambda entry, unit: units.update({Path(entry).name: unit})
    )


@dataclass(frozen=True)
class Known:
    """The guards in the kernel's code of one image. Another whose code is the same unit, linked to
    other addresses, has the same, and nobody needs to look for them again.
    """

    linked: LinkedUnit
    guards: Mapping[str, Guard]

    def of(self, image: Image, name: str) -> Guard | None:
        """The guard of that image, if it certainly is the same."""
        found, linked = self.guards.get(name), image.units[ablation.TEXT]
        if found is None or linked.unit is not self.linked.unit:
            return None
        spans = [slice(edit.offset, edit.offset + len(edit.new)) for edit in found.edits]
        same = all(linked.code[span] == self.linked.code[span] for span in spans)
        return found if same else None


def known(image: Image) -> Known:
    """The guards in an image's kernel."""
    found = [one for kind in CODE_KINDS for one in ablation.guards(image, kind)]
    return Known(image.units[ablation.TEXT], by_name(found))


def leave_out(patch: pytest.MonkeyPatch, name: str, known: Known) -> None:
    """Every image that is linked from now on lacks the guard, if it has it."""

    def linked(*args: Any) -> Image:
        image = link(*args)
        if guard := known.of(image, name):
            return without(image, guard)
        own = by_name(ablation.guards(image, ablation.kind(name)))
        if name in own:
            return without(image, own[name])
        return dataclasses.replace(image, without=name)

    patch.setattr("packer.build.link", linked)


def on_link(patch: pytest.MonkeyPatch, told: Callable[[Image], None]) -> None:
    """Tell of every image that is linked."""

    def linked(*args: Any) -> Image:
        image = link(*args)
        told(image)
        return image

    patch.setattr("packer.build.link", linked)


def on_wrap(patch: pytest.MonkeyPatch, made: Made) -> None:
    """Tell of every file that is made of an image."""

    def telling(wrap: Callable[..., Artifact]) -> Callable[..., Artifact]:
        def wrapped(image: Image, *boot: BootCode) -> Artifact:
            artifact = wrap(image, *boot)
            made(artifact, image, *boot)
            return artifact

        return wrapped

    formats = {name: telling(wrap) for name, wrap in FORMATS.items()}
    patch.setattr("packer.build.FORMATS", formats)


def be_patient(patch: pytest.MonkeyPatch) -> None:
    """A machine that should end by itself has time to, however busy the computer is."""
    watch = packer.machine.run._Watch
    to_the_end = watch.to_the_end

    def patient(self: Any, timeout: float | None) -> Outcome:
        ends = timeout is not None and timeout >= ENDS_BY_ITSELF
        return to_the_end(self, 10 * timeout if timeout and ends else timeout)

    patch.setattr(watch, "to_the_end", patient)


def hurry(patch: pytest.MonkeyPatch, seconds: Callable[[], float]) -> None:
    """No machine runs longer than this, whatever a test allows it."""
    watch = packer.machine.run._Watch
    to_the_end = watch.to_the_end

    def hurried(self: Any, timeout: float | None) -> Outcome:
        most = seconds()
        return to_the_end(self, most if timeout is None else min(timeout, most))

    patch.setattr(watch, "to_the_end", hurried)
