"""What kpack set does with an image of ours: change it, prove it again, and say what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import click

from packer.atlas.chart import Chart
from packer.atlas.diff import compare
from packer.atlas.edit import alone, edited, edited_map
from packer.atlas.seal import sealed
from packer.cli import options
from packer.cli.errors import say, show
from packer.cli.exits import Exit
from packer.errors import Problem
from packer.files import write_all


def set_in_image(
    chart: Chart, file: Path, wanted: Mapping[str, str], output: Path | None, *,
    dry_run: bool, as_json: bool,
) -> Exit:  # fmt: skip
    """Change fields by the map's paths. Both files are written, or neither."""
    data = edited(chart, wanted)
    after = Chart(chart.atlas, chart.name, data)
    done = compare(chart, after).differences
    problems = _new_problems(chart, after)
    if not dry_run:
        map_path = Path(chart.atlas.place)
        content = edited_map(map_path, chart.name, data, after, done)
        if output is not None:
            map_path = output.with_name(f"{output.name}.map")
            content = alone(content, chart.name, output.name)
        write_all({output or file: data, map_path: sealed(content)})
    if as_json:
        options.print_json(
            file=str(output or file), written=not dry_run,
            changes=[asdict(one) for one in done],
            problems=[vars(problem) for problem in problems],
        )  # fmt: skip
    else:
        for one in done:
            click.echo(str(one))
        if problems:
            say("kpack: what held before and no longer does:")
            show(_in_short(problems))
    return Exit.CHECK_FAILED if problems else Exit.OK


def _in_short(problems: list[Problem]) -> list[Problem]:
    """One of each kind, and how many more there are of it."""
    kinds: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.code, problem.text), []).append(problem)
    short = []
    for first, *more in kinds.values():
        text = f"{first.text}; and so in {len(more)} more places" if more else first.text
        short.append(replace(first, text=text))
    return short


def _new_problems(before: Chart, after: Chart) -> list[Problem]:
    """What the checks have against the image now, and had not before."""
    known = {(problem.code, problem.place) for problem in _problems(before)}
    return [problem for problem in _problems(after) if (problem.code, problem.place) not in known]


def _problems(chart: Chart) -> list[Problem]:
    """Also what kobjects finds wrong with headers and checksums."""
    from kobjects.identify import identify
    from packer.checks import prove
    from packer.recorded import subject

    found = [problem for result in prove(subject(chart)) for problem in result.problems]
    found += [Problem("KP2508", f.path, str(f)) for f in identify(chart.data).all_findings()]
    return found
