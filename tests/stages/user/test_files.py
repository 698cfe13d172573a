"""The file server: which modules there are, and every byte of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.kernel.abi import Abi, Call
from kobjects.kernel.module import ModuleKind
from kobjects.kernel.services import FileRequest, Result
from packer.manifest import parse
from stages.kernel import STAGES
from tests.stages.actors import Act, Play, act, actor, perform
from tests.stages.company import START, last, task
from tests.stages.harness import GUESTS
from tests.stages.user.kit import said, words

TEXT = bytes(n * 7 & 0xFF for n in range(4096 + 805))
SHORT = b"8 bytes\n"
ENDS = [(0, 4096 + 800, 5), (1, 7, 1)]
READS = [(0, 0, 800), (0, 3, 800), (0, 4000, 800), *ENDS, (1, 0, 8)]
"""Module, offset, and how many bytes come."""

NONE = [(0, len(TEXT)), (0, 1 << 63), (0, (1 << 64) - 1), (1, 8), (2, 0), (4, 0), (1 << 32, 0)]
"""Module and offset at which there is nothing."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Play:
    folder = tmp_path_factory.mktemp("modules")
    (folder / "long").write_bytes(TEXT)
    (folder / "short").write_bytes(SHORT)
    (folder / "empty").write_bytes(b"")
    modules = "".join(f'{name} = "{folder}/{name}"\n' for name in ("long", "short", "empty"))
    program = '{ program = ["idler.asm"], priority = 1 }'
    given = {"files": '{ endpoint = "files", rights = ["call"] }'}
    scripts: dict[str, list[Act]] = {
        f"reader{n}": [act(Call.CALL, "files", FileRequest.READ, index, offset)]
        for n, (index, offset, _) in enumerate(READS)
    }
    scripts["lister"] = [
        *[act(Call.CALL, "files", FileRequest.LIST, index) for index in (*range(5), 1 << 63)],
        *[act(Call.CALL, "files", FileRequest.READ, *where) for where in NONE],
        act(Call.SEND, "files", FileRequest.LIST, 0),
        act(Call.CALL, "files", 0),
        act(Call.CALL, "files", FileRequest.LIST, 0),
    ]
    text = "".join(
        [
            START.replace("[frames]", f"[modules]\n{modules}program = {program}\n[frames]"),
            task("names", "kpack:user/names.asm", 190),
            task(
                "files",
                "kpack:user/files.asm kpack:user/register.asm",
                180,
                "modules = true",
                names='{ endpoint = "names", rights = ["call", "grant"] }',
                endpoint='{ endpoint = "files", rights = ["call", "grant"] }',
            ),
            *[actor(name, 50, **given) for name in scripts],
            last(),
        ]
    )
    known = {stage.name: stage for stage in STAGES}
    return perform(parse(text, Path(GUESTS, "text.toml"), known).system, scripts)


@pytest.mark.boot
def test_modules_are_listed_with_size_and_kind(played: Play) -> None:
    told = played.of("lister", Call.CALL)[:6]
    size = len(played.memory.image.system.modules[3].contents)
    assert [one.words[1:5] for one in told[:4]] == [
        (*words("long"), len(TEXT), ModuleKind.FILE),
        (*words("short"), len(SHORT), ModuleKind.FILE),
        (*words("empty"), 0, ModuleKind.FILE),
        (*words("program"), size, ModuleKind.PROGRAM),
    ]
    assert [said(one) for one in told] == [*[Result.OK] * 4, *[Result.END] * 2]


@pytest.mark.boot
@pytest.mark.parametrize("number", range(len(READS)))
def test_a_read_gives_the_bytes_at_the_offset(played: Play, number: int) -> None:
    index, offset, count = READS[number]
    name = f"reader{number}"
    (told,) = played.of(name, Call.CALL)
    assert (said(told), told.words[1]) == (Result.OK, count)
    assert told.length == Abi.REGISTER_WORDS + -(-count // 8)
    buffer = played.memory.region(f"message.{name}")[Abi.REGISTER_WORDS * 8 :]
    assert buffer[:count] == (TEXT, SHORT)[index][offset : offset + count]


@pytest.mark.boot
def test_where_there_is_nothing_is_the_end(played: Play) -> None:
    told = played.of("lister", Call.CALL)
    assert [said(one) for one in told[6:-2]] == [Result.END] * len(NONE)


@pytest.mark.boot
def test_what_is_no_request_is_told_and_the_server_goes_on(played: Play) -> None:
    unknown, listed = played.of("lister", Call.CALL)[-2:]
    assert said(unknown) is Result.UNKNOWN_REQUEST
    assert said(listed) is Result.OK
