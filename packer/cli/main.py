"""Where kpack starts: it finds the command, and turns what it raises into words and an exit status.

Nothing but click is imported before the command is known, so that help and completion are quick.
"""

from __future__ import annotations

import importlib
import signal
import sys
from typing import Any

import click

from packer.cli import siblings
from packer.cli.exits import Exit

COMMANDS = {
    "build": "Build the images of a manifest.",
    "run": "Boot an image for a person, or watch it to its end.",
    "test": "Boot every image and judge how it ends.",
    "debug": "Boot an image under gdb.",
    "map": "Show where everything lies in the kernel's memory.",
    "explain": "Say what owns a byte of an image, and what it means.",
    "explain-error": "Say what an error code means and what to do about it.",
    "diff": "Show in what two images differ, by field and by function.",
    "verify": "Prove what must hold of a kernel, from its bytes.",
    "export": "Write schemas for another language.",
    "new": "Make a project with tasks in assembly, C and Rust.",
    "screenshot": "Boot an image and take a picture of its screen.",
    "inspect": "Show what a file is, what is in it and what is wrong with it.",
    "set": "Change fields of a file, and what follows from them.",
    "bench": "Measure.",
    "live": "Show what the kernel of a running machine is doing.",
    "trace": "Boot an image and tell what interrupted it.",
    "walk": "Show what the page tables in a memory dump map, and with which rights.",
}
"""Every command, with the first line of its help: help for all imports none."""

EPILOG = (
    "Without a kpack.toml in this folder, the manifest is that of the demonstration that kpack "
    "ships. Exit status: 0 ok, 1 a check failed, 2 usage, 3 manifest or source error, 4 a tool is "
    "missing, 5 the guest failed, 6 time-out, 7 reset or triple fault. What a "
    "code such as KP4001 means: kpack explain-error KP4001."
)


class Commands(click.Group):
    """The commands, each imported when it is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = cmd_name.replace("-", "_")
        command: click.Command = importlib.import_module(f"packer.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"there is no command {args[0]}{_nearest(args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kobjects", prog_name="kpack")
def kpack() -> None:
    """Build, boot and measure x86-64 microkernel images whose every byte has a known owner."""


def main() -> None:
    """Run kpack with the arguments of this process, and end it."""
    sys.exit(status())


def status(arguments: list[str] | None = None) -> int:
    """Run kpack; its exit status."""
    complaint = siblings.complaint()
    if complaint:
        click.echo(complaint, err=True)
        return Exit.TOOL
    _unwind_on_signals()
    try:
        result: Any = kpack.main(arguments, prog_name="kpack", standalone_mode=False)
    except click.Abort:
        click.echo("kpack: interrupted", err=True)
        return Exit.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:
        from packer.cli.errors import report

        return report(error)
    return int(result or Exit.OK)


def _unwind_on_signals() -> None:
    """Let a request to end unwind the stack, so that no machine and no file stays behind."""

    def end(number: int, frame: object) -> None:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)


def _nearest(word: str) -> str:
    import difflib

    near = difflib.get_close_matches(word, COMMANDS, n=1)
    return f"; did you mean {near[0]}?" if near else ""
