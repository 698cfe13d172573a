"""kpack walk: what a memory dump's page tables map."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from packer.cli.exits import Exit

SCHEMA = 1
"""Version of the JSON."""

UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
MOST_CANDIDATES = 20
"""Candidates that a person is shown; JSON has all."""


def number(text: str) -> int:
    """An integer in C's notation."""
    try:
        return int(text, 0)
    except ValueError:
        raise click.BadParameter(f"{text} is not a number such as 0x1000 or 4096") from None


@click.command("walk")
@click.argument("dump", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON: everything, page by page.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a line for each page.")
@click.option("--summary", is_flag=True, help="Print no pages, only what they come to.")
@click.option(
    "--cr3", metavar="ADDRESS", type=number, help="Where the first table is, instead of finding it."
)
@click.option("--mode", "mode_name", help="Paging mode: 4-level, 5-level, PAE or 32-bit.")
@click.option("--cpu", default=0, show_default=True, help="Whose CR3, of an ELF core's processors.")
@click.option("--limit", default=1 << 22, show_default=True, type=click.IntRange(min=1),
              metavar="PAGES", help="How many pages are listed.")  # fmt: skip
def command(
    dump: Path, as_json: bool, as_csv: bool, summary: bool, cr3: int | None,
    mode_name: str | None, cpu: int, limit: int,
) -> Exit:  # fmt: skip
    """Show what the page tables in a memory dump map, and with which rights.

    DUMP is raw physical memory, a LiME file, or an ELF core of QEMU's dump-guest-memory. CR3 is
    that of the core's processor. In other dumps it is found by this rule: a page all of whose
    present entries lead to tables in the dump, two levels deep, without reserved bits, and whose
    address space maps the page itself. All that are found are listed, and the likeliest is walked:
    the one with the fewest entries that can't be used, then with the most first entries that others
    have too, then with the most pages. Rights are what all levels leave: u for ring 3, r, w, x.
    """
    if as_json + as_csv + summary > 1:
        raise click.UsageError("--json, --csv and --summary exclude each other")
    found = _choose(dump, cr3, _mode(mode_name), cpu)
    mappings = found.space.walk(limit)
    if as_json:
        _print_json(found, mappings)
    elif as_csv:
        _print_csv(mappings)
        _complain(found, mappings)
    else:
        click.echo("\n".join(_summary(found, mappings)))
        if not summary:
            click.echo("\n".join(["", *_table(mappings)]))
        _complain(found, mappings)
    return Exit.OK


@dataclass(frozen=True)
class _Found:
    """The dump and the address space that is walked.

    how     where CR3 comes from, for a person
    search  what was found in a dump without registers, else None
    state   the processor's registers, if the dump has them and CR3 is theirs
    """

    dump: Any
    space: Any
    how: str
    search: Any = None
    state: Any = None


def _mode(name: str | None) -> Any:
    from kobjects.memory.modes import MODES, OFF

    names = [mode for mode in MODES if mode != OFF.name]
    if name is not None and name not in names:
        raise click.UsageError(f"there is no paging mode {name}; there are {', '.join(names)}")
    return MODES[name] if name else None


def _choose(path: Path, cr3: int | None, mode: Any, number: int) -> _Found:
    from kobjects.memory.dump import open_dump
    from kobjects.memory.modes import LEVEL_4, OFF
    from kobjects.memory.search import SEARCHED, find_spaces
    from kobjects.memory.space import AddressSpace
    from packer.errors import PackError, Problem

    try:
        dump = open_dump(path)
    except OSError as error:
        raise PackError([Problem("KP6101", str(path), f"{error.strerror}")]) from None
    if cr3 is not None:
        return _Found(dump, AddressSpace(dump.memory, cr3, mode or LEVEL_4), "given")
    if dump.cpus:
        if not 0 <= number < len(dump.cpus):
            text = f"the dump has {len(dump.cpus)} processors, so there is no number {number}"
            raise PackError([Problem("KP6102", str(path), text)])
        state = dump.cpus[number]
        if state.mode is OFF:
            text = f"processor {number} had paging switched off: CR0 is {state.cr0:#x}"
            raise PackError([Problem("KP6103", str(path), text, "another --cpu, or --cr3")])
        space = AddressSpace(dump.memory, state.cr3, mode or state.mode)
        return _Found(dump, space, f"of processor {number}", state=state)
    search = find_spaces(dump.memory, [mode] if mode else SEARCHED)
    if not search.candidates:
        text = "no page of it is a first table that maps itself, so CR3 is not known"
        raise PackError([Problem("KP6104", str(path), text, "give it with --cr3")])
    how = f"the likeliest of {len(search.candidates)} that were found"
    return _Found(dump, search.candidates[0].space, how, search)


def _summary(found: _Found, mappings: Any) -> Iterable[str]:
    dump = found.dump
    size = sum(known.end - known.start for known in dump.memory.ranges)
    ranges = len(dump.memory.ranges)
    yield f"dump        {dump.format}, {shown(size)} in {ranges} range{'s' * (ranges != 1)}"
    yield f"cr3         {found.space.cr3:#x}, {found.how}; {found.space.mode.name} paging"
    for candidate in found.search.candidates[:MOST_CANDIDATES] if found.search else ():
        bad = f", {candidate.wrong} entries can't be used" if candidate.wrong else ""
        yield (
            f"candidate   {candidate.cr3:#x} maps {candidate.pages} pages, itself at "
            f"{candidate.itself:#x}{bad}"
        )
    more = len(found.search.candidates) - MOST_CANDIDATES if found.search else 0
    if more > 0:
        yield f"candidate   {more} more"
    kinds = [f"{n} of {shown(size)}" for size, n in mappings.pages_by_size().items()]
    yield f"pages       {', '.join(kinds) or 'none'}; {shown(int(mappings.size.sum()))}"
    for rights, (count, total) in _by_rights(mappings).items():
        yield f"rights      {rights} {count} pages, {shown(total)}"
    for name, text in _tables(found):
        yield f"{name:11} {text}"
    for kind, count in mappings.counts.items():
        yield f"findings    {count} {kind}"


def _tables(found: _Found) -> Iterable[tuple[str, str]]:
    """The descriptor tables, where the registers that name them are known."""
    if found.state is None:
        return
    from kobjects.memory.descriptors import read_tables

    tables = read_tables(found.space, found.state)
    yield "gdt", f"at {tables.gdt.base:#x}, {len(tables.gdt.descriptors)} descriptors"
    usable = sum(handler.target is not None for handler in tables.handlers)
    yield "idt", f"at {found.state.idt.base:#x}, {usable} of {len(tables.handlers)} handlers mapped"
    if tables.task:
        yield "tss", f"at {tables.task.base:#x}, {len(tables.task.stacks)} stacks"
    for number, finding in enumerate(tables.findings):
        if number < MOST_CANDIDATES:
            yield "finding", str(finding)


def _by_rights(mappings: Any) -> dict[str, tuple[int, int]]:
    import numpy as np

    from kobjects.memory.mappings import EXECUTABLE, rights_text
    from kobjects.memory.modes import USER, WRITABLE

    found = {}
    for value in np.unique(mappings.rights).tolist():
        mine = mappings.rights == value
        text = rights_text(bool(value & WRITABLE), bool(value & USER), bool(value & EXECUTABLE))
        found[text] = (int(mine.sum()), int(mappings.size[mine].sum()))
    return dict(sorted(found.items()))


def _table(mappings: Any) -> Iterable[str]:
    """A line for each range of pages that follow each other with the same rights."""
    yield f"{'linear':16}-{'':16} {'physical':>13} {'size':>9} rights"
    for each in mappings.ranges():
        end = each.linear + each.size - 1
        yield (
            f"{each.linear:016x}-{end:016x} {each.physical:13x} {shown(each.size):>9} {each.rights}"
        )


COLUMNS = ("linear", "physical", "size", "rights", "entry")


def _rows(mappings: Any) -> Iterable[tuple[int, int, int, str, int]]:
    from kobjects.memory.mappings import rights_text

    columns = (
        mappings.linear, mappings.physical, mappings.size, mappings.writable, mappings.user,
        mappings.executable, mappings.entry,
    )  # fmt: skip
    for linear, physical, size, w, u, x, entry in zip(*(c.tolist() for c in columns), strict=True):
        yield linear, physical, size, rights_text(w, u, x), entry


def _print_csv(mappings: Any) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for linear, physical, size, rights, entry in _rows(mappings):
        writer.writerow((f"{linear:#x}", f"{physical:#x}", size, rights, f"{entry:#x}"))


def _print_json(found: _Found, mappings: Any) -> None:
    """Addresses are numbers, exact in any reader of 64-bit integers."""
    import json

    document = {
        "schema": SCHEMA,
        "dump": {
            "format": found.dump.format,
            "ranges": [[*known] for known in found.dump.memory.ranges],
            "findings": [str(one) for one in found.dump.findings],
        },
        "cr3": found.space.cr3,
        "mode": found.space.mode.name,
        "candidates": [
            {"cr3": c.cr3, "itself": c.itself, "pages": c.pages, "wrong": c.wrong,
             "shared": c.shared}
            for c in (found.search.candidates if found.search else ())
        ],
        "unjudged": found.search.unjudged if found.search else 0,
        "counts": dict(mappings.counts),
        "findings": [
            {"kind": one.kind, "path": one.path, "linear": one.linear, "found": one.found,
             "rule": one.rule}
            for one in mappings.findings
        ],
        "tables": [{"name": name, "text": text} for name, text in _tables(found)],
        "pages": [dict(zip(COLUMNS, row, strict=True)) for row in _rows(mappings)],
    }  # fmt: skip
    json.dump(document, sys.stdout, indent=1)
    print()


def _complain(found: _Found, mappings: Any) -> None:
    """What is wrong with the dump or its tables, on standard error."""
    from packer.cli.errors import say

    findings = [*found.dump.findings, *mappings.findings]
    if found.search and found.search.unjudged:
        say(f"kpack: {found.search.unjudged} more pages could be first tables; too many to walk")
    for finding in findings[:MOST_CANDIDATES]:
        say(f"finding: {finding}")
    if len(findings) > MOST_CANDIDATES:
        say(f"kpack: {len(findings) - MOST_CANDIDATES} more findings; --json has them")


def shown(size: int) -> str:
    """A size for a person, exact: in the largest unit of which it is a multiple."""
    for unit, name in UNITS:
        if size and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} bytes"
