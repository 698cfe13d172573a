"""Options that several commands have, and what they stand for."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from packer.cli.errors import say
from packer.errors import PackError
from packer.files import write_all
from packer.machine.qemu import MACHINES, SIGNED, TARGETS, Launch, Machine
from packer.machine.target import target_of

if TYPE_CHECKING:  # what builds is imported when something is built
    from packer.image import Image
    from packer.manifest import Manifest
    from packer.signing import Signer

SCHEMA = 1
"""Version of all JSON that the commands print."""

manifest = click.option(
    "-f", "--manifest", "manifest_path", metavar="FILE", type=click.Path(path_type=Path),
    help="The manifest, instead of ./kpack.toml.",
)  # fmt: skip
output = click.option(
    "-o", "--output", "folder", metavar="DIR", default="build", show_default=True,
    type=click.Path(path_type=Path, file_okay=False), help="Where files are written.",
)  # fmt: skip
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
target = click.option(
    "-t", "--target", type=click.Choice(list(TARGETS)), help="Which image, instead of the first."
)
targets = click.option(
    "-t", "--target", "targets", multiple=True, type=click.Choice(list(TARGETS)),
    help="Which images, instead of all; may be repeated.",
)  # fmt: skip
machine = click.option(
    "--machine", "machine_name", type=click.Choice(list(MACHINES)), help="Where to boot it."
)
timeout = click.option(
    "--timeout", default=60.0, show_default=True, metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True), help="How long the guest may take.",
)  # fmt: skip
memory = click.option(
    "--memory", default=128, show_default=True, metavar="MIB", type=click.IntRange(min=8),
    help="Memory of the machine.",
)  # fmt: skip
map_path = click.option(
    "--map", "map_path", metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The image's map, instead of the one beside it.",
)  # fmt: skip
debug = click.option(
    "--debug",
    is_flag=True,
    help="A kernel that checks its invariants whenever it leaves to a task.",
)
accel = click.option(
    "--accel", "accelerator", type=click.Choice(["auto", "tcg", "kvm"]), default="tcg",
    show_default=True, help="What runs the guest; auto is KVM where a small guest shows it works.",
)  # fmt: skip
icount = click.option("--icount", is_flag=True, help="One nanosecond of guest time an instruction.")


@dataclass(frozen=True)
class Built:
    """A finished build: the image, the file of each target, and every file that was written."""

    image: Image
    targets: Mapping[str, Path]
    files: Sequence[Path]


def read_manifest(path: Path | None, *, debug: bool = False) -> Manifest:
    """The manifest that is named, or that of this folder, or the demonstration's."""
    from packer.manifest import find, load

    manifest = load(path or find(Path.cwd()))
    if not debug:
        return manifest
    from stages.invariants.stage import checked

    system = replace(manifest.system, stages=checked(manifest.system.stages))
    return replace(manifest, system=system)


def build_files(
    manifest: Manifest, targets: Sequence[str], folder: Path, signer: Signer | None = None
) -> Built:
    """Build and write images, map and symbols; all of them or none. Even when packing fails the map
    is written, for it shows how far the layout came.
    """
    from packer.atlas.record import record
    from packer.atlas.seal import sealed
    from packer.build import artifacts, build

    wanted = list(targets or manifest.targets)
    try:
        image = build(manifest.system)
    except PackError:
        _rescue_map(manifest, folder)
        raise
    made = artifacts(image, wanted, signer)
    paths = {file.name: folder / file.name for file in made}
    map_path = map_file(manifest, folder)
    data = {paths[file.name]: file.data for file in made}
    write_all({**data, map_path: sealed(record(image, made, manifest.system.name))})
    by_target = {name: paths[file.name] for name, file in zip(wanted, made, strict=False)}
    return Built(image, by_target, [*paths.values(), map_path])


def map_file(manifest: Manifest, folder: Path) -> Path:
    return folder / f"{manifest.system.name}.map"


@dataclass(frozen=True)
class Bootable:
    """A file to boot, and where. `image` is known if it was built just now."""

    path: Path
    target: str
    machine: Machine
    image: Image | None = None


def bootable(
    file: Path | None, manifest_path: Path | None, target: str | None, machine_name: str | None,
    folder: Path, *, screen: bool = False,
) -> Bootable:  # fmt: skip
    """The file that is named, or else a new build of one of the manifest's targets: the one that is
    named, or the first that the machine boots. `screen`: the machine must have one.
    """
    if file is not None:
        found = target_of(file)
        return Bootable(file, found, choose_machine(found, machine_name, screen=screen))
    manifest = read_manifest(manifest_path)
    named = MACHINES[machine_name] if machine_name else None
    fitting = [each for each in manifest.targets if named is None or named in TARGETS[each]]
    wanted = target or (fitting or manifest.targets)[0]
    machine = choose_machine(wanted, machine_name, screen=screen)
    built = build_files(manifest, [wanted], folder)
    return Bootable(built.targets[wanted], wanted, machine, built.image)


def choose_machine(target: str, name: str | None, *, screen: bool = False) -> Machine:
    """The machine of that name, or the usual one for the target. UsageError if it can't boot it."""
    all_ = (*TARGETS[target], *SIGNED.get(target, ()))
    fitting = [one for one in all_ if one.screen or not screen]
    if name is None:
        return fitting[0]
    if MACHINES[name] not in fitting:
        names = " and ".join(one.name for one in fitting)
        what = "have a screen and boot" if screen else "boot"
        raise click.UsageError(f"machines that {what} {target} images: {names}; not {name}")
    return MACHINES[name]


def accelerated(launch: Launch, wanted: str) -> Launch:
    """The launch with the accelerator that was asked for. MachineError if that is KVM and it does
    not work; UsageError for KVM that counts instructions, which only translation can.
    """
    if wanted == "tcg":
        return launch
    if launch.icount:
        raise click.UsageError("--icount counts what --accel tcg translates; leave --accel out")
    from packer.machine.accelerator import choose

    chosen, note = choose(wanted, launch.cpu)
    if note:
        say(f"kpack: {note}")
    return replace(launch, accelerator=chosen)


def print_json(**content: Any) -> None:
    """One JSON document on standard output, with its version."""
    json.dump({"schema": SCHEMA, **content}, sys.stdout, indent=2)
    print()


def _rescue_map(manifest: Manifest, folder: Path) -> None:
    from packer.atlas.record import layout_only
    from packer.atlas.seal import sealed
    from packer.build import arrange

    try:
        only = layout_only(arrange(manifest.system), manifest.system.name)
        write_all({map_file(manifest, folder): sealed(only)})
    except PackError:
        return
    say(f"kpack: not built; how far the layout came is in {map_file(manifest, folder)}")
