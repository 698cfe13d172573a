"""Linking: what the bytes are, and every complaint's text."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from construct import Bytes, Construct, GreedyBytes

from kobjects.kernel.addresses import Kernel, User
from packer.asm import AsmError
from packer.errors import PackError
from packer.image import Image
from packer.link import link
from packer.parts import KERNEL_WINDOW, gather
from packer.placement import place
from packer.provenance import Kind
from stages.model import Access, Assembly, Region, Stage, Symbols, System
from tests.packer import tiny


def linked(system: System) -> Image:
    """The image without the checks, which want real page tables."""
    parts = gather(system)
    return link(parts, place(parts.pieces(), KERNEL_WINDOW))


def problems(system: System) -> list[str]:
    with pytest.raises((PackError, AsmError)) as caught:
        linked(system)
    return str(caught.value).splitlines()


def region(fill: Callable[[Symbols], Any], name: str = "faulty") -> Region:
    return Region(name, tiny.Table, fill, Access.RODATA)


def test_the_order_of_the_image_is_the_contracts() -> None:
    image = linked(tiny.system(tasks=[tiny.task()]))
    names = [placement.name for placement in image.layout.placements]
    assert names == [
        *("kernel.text", "kernel.rodata", "table", "counters", "task.one.text", "stack")
    ]
    assert image.layout.placements[0].physical == Kernel.PHYSICAL


def test_references_between_code_and_regions_are_filled() -> None:
    image = linked(tiny.system())
    code = image.contents("kernel.text")
    lea, mov = (struct.unpack_from("<i", code, at)[0] for at in (3, 10))
    start = image.symbols["kernel_entry"]
    assert start + 7 + lea == image.symbols["greeting"]
    assert start + 14 + mov == image.symbols["table"]
    table = tiny.Table.parse(image.contents("table"))
    assert table.entry == start == Kernel.WINDOW + Kernel.PHYSICAL
    assert image.contents("kernel.rodata") == b"hello\0\0\0"


def test_load_holds_whole_pages_up_to_the_reserved_memory() -> None:
    image = linked(tiny.system(tasks=[tiny.task()]))
    assert len(image.load) == image.symbols["kernel.zero_start"] - image.symbols["kernel.start"]
    assert len(image.load) % 4096 == 0
    with pytest.raises(KeyError, match="stack is reserved"):
        image.contents("stack")


def test_every_loaded_byte_has_one_owner() -> None:
    image = linked(tiny.system(tasks=[tiny.task(), tiny.task("two")]))
    reached = 0
    for owner in image.owners:
        assert owner.start == reached
        assert owner.size > 0
        assert owner.text or owner.path
        reached = owner.end
        if owner.kind is Kind.PADDING:
            assert not any(image.load[owner.start : owner.end])
    assert reached == len(image.load)


def test_an_owner_names_label_and_line_or_field() -> None:
    image = linked(tiny.system())
    jump = image.owners.at(image.symbols["kernel_entry.again"] - image.symbols["kernel.start"])
    assert (jump.part, jump.path, jump.place) == (
        *("kernel.text", "kernel_entry.again", "tiny/entry.asm:6"),
    )
    mark = image.symbols["table"] - image.symbols["kernel.start"] + tiny.Table.offset("marks[3]")
    owner = image.owners.at(mark + 1)
    assert (owner.part, owner.path, owner.size) == ("table", "marks[3]", 2)


def test_a_program_is_linked_where_its_task_runs() -> None:
    program = "start:\n    .quad start\n"
    image = linked(tiny.system(tasks=[tiny.task("one", program), tiny.task("two", program)]))
    for name in ("task.one.text", "task.two.text"):
        assert image.units[name].address == User.TEXT
        assert image.contents(name) == User.TEXT.to_bytes(8, "little")


def test_a_program_may_not_name_the_kernels_symbols() -> None:
    found = problems(tiny.system(tasks=[tiny.task(program="    call kernel_entry\n")]))
    assert found[0] == "tiny/one.asm:1:10: error[KP1040]: undefined symbol kernel_entry"


def test_undefined_symbols_of_all_units_come_together_with_suggestions() -> None:
    code = tiny.CODE + "    call kernel_entrance\n    call qwertyuiop\n"
    found = problems(
        tiny.system(tiny.stage(code=code), tasks=[tiny.task(program="    mov eax, Status.OKAY\n")])
    )
    text = "\n".join(found)
    assert [line for line in found if "error" in line] == [
        "tiny/entry.asm:7:10: error[KP1040]: undefined symbol kernel_entrance",
        "tiny/entry.asm:8:10: error[KP1040]: undefined symbol qwertyuiop",
        "tiny/one.asm:1:14: error[KP1040]: undefined symbol Status.OKAY",
    ]
    assert "help: did you mean kernel_entry?" in text
    assert "help: did you mean Status.OK?" in text


def test_source_errors_of_all_units_come_together() -> None:
    found = problems(
        tiny.system(
            tiny.stage(code="    bogus eax\n"),
            tasks=[tiny.task(program="    mov eax,\n"), tiny.task("two", "    .align 3\n")],
        )
    )
    places = [line.split(": error")[0].rsplit(":", 2)[0] for line in found if ": error[" in line]
    assert places == ["tiny/entry.asm", "tiny/one.asm", "tiny/two.asm"]


def test_a_missing_source_is_named_with_the_reason() -> None:
    missing = [Assembly(Path("/nowhere/a.asm")), Assembly(Path("/nowhere/b.asm"))]
    assert problems(System("tiny", [Stage("tiny", missing)], [])) == [
        "/nowhere/a.asm: error[KP2101]: cannot be read: No such file or directory",
        "/nowhere/b.asm: error[KP2101]: cannot be read: No such file or directory",
    ]


def test_a_source_that_is_no_text_is_named_with_the_byte(tmp_path: Path) -> None:
    (tmp_path / "a.asm").write_bytes(b"; \xff\n")
    assert problems(System("tiny", [Stage("tiny", [Assembly(tmp_path / "a.asm")])], [])) == [
        f"{tmp_path}/a.asm: error[KP2102]: is not UTF-8 text: byte 0xff at 2"
    ]


def test_fill_errors_of_all_regions_come_together_with_their_fields() -> None:
    def buggy(symbols: Symbols) -> Any:
        return [][symbols["kernel.start"]]

    found = problems(
        tiny.system(
            tiny.stage(
                regions=[
                    region(lambda symbols: {"marks": [0] * 7 + [70000]}, "range"),
                    region(lambda symbols: {"mark": []}, "name"),
                    region(lambda symbols: {"entry": symbols["kernel_enrty"]}, "symbol"),
                    region(buggy, "bug"),
                    region(lambda symbols: tiny.Table(), "fine"),
                ]
            )
        )
    )
    assert found[0].startswith("stage tiny, region range, field marks[7]: error[KP2110]: ")
    assert "0x11170" in found[0]
    assert found[1].startswith("stage tiny, region name: error[KP2110]: ")
    assert "did you mean 'marks'?" in found[1]
    assert found[2:4] == [
        "stage tiny, region symbol: error[KP2111]: there is no symbol kernel_enrty",
        "help: did you mean kernel_entry?",
    ]
    assert found[4].startswith("stage tiny, region bug: error[KP2113]: its fill raised IndexError")
    assert "tests/packer/test_link.py:" in found[4]
    assert len(found) == 5


def test_a_fill_of_another_size_than_its_schema_is_refused() -> None:
    class Liar(Construct):  # type: ignore[type-arg]
        """Says 8 bytes and builds 3."""

        def _sizeof(self, context: Any, path: str) -> int:
            return 8

        def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
            return Bytes(3)._build(obj, stream, context, path)

    liar = Region("liar", Liar(), lambda symbols: b"abc")
    assert problems(tiny.system(tiny.stage(regions=[liar]))) == [
        "stage tiny, region liar: error[KP2112]: its schema has 8 bytes, its fill gave 3"
    ]


def test_a_stage_that_cannot_plan_is_reported_with_all_others() -> None:
    def broken(system: System) -> list[Region]:
        raise ValueError("no room for a task")

    endless = Region("endless", GreedyBytes, lambda symbols: b"")
    found = problems(
        tiny.system(Stage("first", plan=broken), tiny.stage(name="second", regions=[endless]))
    )
    assert found[0].startswith(
        "stage first: error[KP2105]: its plan raised ValueError: no room for a task ("
    )
    assert "tests/packer/test_link.py:" in found[0]
    assert found[1].startswith(
        "stage second, region endless: error[KP2106]: its schema has no fixed size: "
    )
    assert len(found) == 2


def test_assembly_in_no_section_is_refused() -> None:
    data = Stage("tiny", [tiny.source("data.asm", "    .quad 1\n", Access.DATA)])
    assert problems(tiny.system(data)) == [
        "tiny/data.asm: error[KP2107]: stage tiny wants assembly as rw-, which no section is",
        "help: writable memory is a Region with a schema",
    ]


def test_tasks_of_one_name_are_refused() -> None:
    tasks = [tiny.task(), tiny.task("two"), tiny.task()]
    assert problems(tiny.system(tasks=tasks)) == [
        "task one: error[KP2104]: 2 tasks have this name",
        "help: rename one",
    ]


def test_a_label_named_like_a_region_is_refused() -> None:
    assert problems(tiny.system(tiny.stage(code=tiny.CODE + "counters:\n    ret\n"))) == [
        "counters: error[KP2103]: counters of kernel.text is already a symbol of the layout",
        "help: rename one of them",
    ]


def test_layout_problems_stop_the_build_before_anything_is_filled() -> None:
    def never(symbols: Symbols) -> Any:
        raise AssertionError("filled")

    clash = [region(never, "same"), region(never, "same")]
    assert problems(tiny.system(tiny.stage(regions=clash))) == [
        "stage tiny, same: error[KP2001]: same is already the name of a piece of stage tiny"
    ]
