"""Tasks in C and Rust: the library's calls, messages between the two languages, and exit codes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from packer.manifest import load
from tests.stages.company import START, endpoint
from tests.stages.compiled import make, project
from tests.stages.harness import GUESTS, boot, lines, passed

NO_VECTORS = "-mgeneral-regs-only"
SOURCES = GUESTS / "compiled"


def compiled(name: str, priority: int, fpu: bool, capabilities: dict[str, str]) -> str:
    head = ["[[task]]", f'name = "{name}"', f'elf = "build/{name}.elf"', f"priority = {priority}"]
    head += ['supervisor = "exits"', f"fpu = {str(fpu).lower()}", "[task.capabilities]"]
    given = {"console": endpoint("console"), **capabilities}
    return "\n".join([*head, *(f"{key} = {value}" for key, value in given.items()), ""])


def manifest(client_fpu: bool, server_fpu: bool) -> str:
    """The console, who counts the ends, and the two."""
    base = START.replace("../../../bench", f"{GUESTS.parents[2]}/bench")
    exits = "\n".join(
        [
            "[[task]]",
            'name = "exits"',
            f'program = ["{GUESTS}/exits.asm", "kpack:user/lib.asm"]',
            "priority = 200",
            "[task.capabilities]",
            f"console = {endpoint('console')}",
            f"finish = {endpoint('finish')}",
            "",
        ]
    )
    client = {
        "exits": endpoint("exits", 1),
        "server": endpoint("server", 7),
        "nothing": '{ endpoint = "server", rights = [] }',
        "page": '{ frame = "page", rights = ["read", "write"] }',
        "myself": '{ space = "client", rights = ["map"] }',
    }
    server = {"exits": endpoint("exits", 2)}
    return "\n".join(
        [
            *(base, exits, compiled("server", 110, server_fpu, server)),
            compiled("client", 100, client_fpu, client),
        ]
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project without tasks of its own; what is compiled of the libraries is shared."""
    made = project(tmp_path_factory.mktemp("compiled") / "pair")
    for source in (made / "tasks").iterdir():
        source.unlink()
    return made


@pytest.mark.boot
@pytest.mark.parametrize(
    ("client", "server", "flags"),
    [
        ("c", "rs", f"-O2 {NO_VECTORS}"),
        ("rs", "c", f"-O2 {NO_VECTORS}"),
        ("c", "c", f"-O0 {NO_VECTORS}"),
        ("c", "c", f"-Os -fno-omit-frame-pointer {NO_VECTORS}"),
        ("c", "c", "-O0"),
        ("c", "c", "-O3 -fomit-frame-pointer -ftree-vectorize"),
        ("rs", "rs", ""),
    ],
)
def test_a_pair_of_tasks(folder: Path, client: str, server: str, flags: str) -> None:
    """Codes 42 and 43 say that everything was as it should be; others are lines of the source."""
    made: dict[str, list[str]] = {"c": [], "rs": []}
    for name, language in (("client", client), ("server", server)):
        for stale in (*folder.glob(f"build/{name}.*"), *folder.glob(f"tasks/{name}.*")):
            stale.unlink()
        shutil.copy(SOURCES / f"{name}.{language}", folder / "tasks")
        made[language].append(name)
    vectors = {"rs": True, "c": NO_VECTORS not in flags}
    (folder / "kpack.toml").write_text(manifest(vectors[client], vectors[server]))
    strict = "-std=c11 -g -Wall -Wextra -Wconversion -Werror"
    tasks = [f"C_TASKS={' '.join(made['c'])}", f"RUST_TASKS={' '.join(made['rs'])}"]
    done = make(folder, *tasks, f"CFLAGS={strict} {flags}", "programs")
    assert done.returncode == 0, done.stderr
    system = load(folder / "kpack.toml").system
    said = lines(passed(boot(system, marker=f"exit 1 {42:x}")))
    assert f"server      in {'C' if server == 'c' else 'Rust'}" in said
    assert f"client      in {'C' if client == 'c' else 'Rust'}, 18446744073709551615 0" in said
    ended = [line for line in said if line.startswith(("exit", "fault"))]
    assert ended == [f"exit 2 {43:x}", f"exit 1 {42:x}"]
