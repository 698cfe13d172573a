"""kpack test: every image booted, and judged by its marker and exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from packer.cli import options, verdict
from packer.cli.errors import say
from packer.cli.exits import Exit
from packer.cli.junit import Case, report
from packer.files import write_all
from packer.machine.outcome import Outcome
from packer.machine.qemu import TARGETS, Launch, Machine
from packer.machine.run import run


@click.command("test")
@options.manifest
@options.targets
@options.machine
@click.option("--all", "everywhere", is_flag=True, help="On every machine, not the usual one only.")
@options.debug
@options.icount
@options.accel
@options.memory
@options.timeout
@options.output
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write JUnit XML.")
@options.as_json
def command(
    manifest_path: Path | None,
    targets: Sequence[str],
    machine_name: str | None,
    everywhere: bool,
    debug: bool,
    icount: bool,
    accelerator: str,
    memory: int,
    timeout: float,
    folder: Path,
    junit: Path | None,
    as_json: bool,
) -> Exit:
    """Boot every image and judge how it ends.

    A guest passes that prints its marker line and ends with its code; neither is enough alone. The
    exit status is that of the first that does not pass.
    """
    if everywhere and machine_name:
        raise click.UsageError("--all and --machine exclude each other")
    manifest = options.read_manifest(manifest_path, debug=debug)
    wanted = list(targets or manifest.targets)
    boots = list(_boots(wanted, machine_name, everywhere))
    built = options.build_files(manifest, wanted, folder)
    launch = options.accelerated(Launch(memory=memory, icount=icount), accelerator)
    results: list[Result] = []
    for target, machine in boots:
        outcome = run(built.targets[target], machine, launch, timeout=timeout)
        results.append(Result(target, machine, outcome))
        if not as_json:
            click.echo(results[-1].line())
        if not outcome.passed:
            say(verdict.summary(outcome, results[-1].name, built.image, shown=False))
    if junit:
        cases = [result.case() for result in results]
        write_all({junit: report(manifest.system.name, cases)})
    if as_json:
        options.print_json(image=manifest.system.name, results=[each.data() for each in results])
    statuses = [verdict.EXITS[result.outcome.status] for result in results]
    return next((status for status in statuses if status), Exit.OK)


@dataclass(frozen=True)
class Result:
    """One boot and how it ended."""

    target: str
    machine: Machine
    outcome: Outcome

    @property
    def name(self) -> str:
        return f"{self.target} on {self.machine.name}"

    def line(self) -> str:
        return f"{self.outcome.status.value:9}  {self.outcome.seconds:6.2f} s  {self.name}"

    def data(self) -> dict[str, object]:
        where = {"target": self.target, "machine": self.machine.name}
        return {**where, **verdict.as_data(self.outcome)}

    def case(self) -> Case:
        outcome = self.outcome
        failure = "" if outcome.passed else outcome.reason
        return Case(self.name, outcome.seconds, failure, outcome.serial, outcome.registers)


def _boots(
    targets: Sequence[str], machine_name: str | None, everywhere: bool
) -> Iterator[tuple[str, Machine]]:
    for target in targets:
        if everywhere:
            yield from ((target, machine) for machine in TARGETS[target])
        else:
            yield target, options.choose_machine(target, machine_name)
