"""What is enumerated from the demonstration's image, and the image without it."""

from __future__ import annotations

from collections import Counter

import pytest

from kobjects.cpu.gates import GateDescriptor
from kobjects.cpu.paging import PageTableEntry
from packer.ablation import BOOT, Guard, boot_guards, guards, kind, leave_out
from packer.ablation.guard import by_name
from packer.build import artifacts, build
from packer.errors import PackError
from packer.image import Image
from packer.manifest import DEMONSTRATION, load
from stages.model import BootCode


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


@pytest.fixture(scope="module")
def known(image: Image) -> dict[str, Guard]:
    return by_name(guards(image))


def test_names_are_unique_and_of_every_kind(image: Image) -> None:
    found = guards(image)
    assert len(by_name(found)) == len(found)
    count = Counter(kind(one.name) for one in found)
    assert set(count) == {"branch", "flow", "bit", "system", "zero", "page", "field"}
    for one in count:
        assert [guard.name for guard in guards(image, one)] == [
            guard.name for guard in found if kind(guard.name) == one
        ]


def test_each_check_of_a_handle_is_one(known: dict[str, Guard]) -> None:
    lookup = [guard.text for name, guard in known.items() if "branch:ipc/lookup.asm:" in name]
    reasons = {text.partition(": ")[2] for text in lookup}
    assert reasons >= {"BAD_HANDLE", "EMPTY", "WRONG_TYPE", "DEAD", "NO_RIGHT"}


@pytest.mark.parametrize(
    "name",
    [
        *("cr4.smep@boot/features.asm", "fmask.direction@ipc/init.asm", "idt[14].dpl"),
        *("idt[8].ist", "gdt.no_user_code32.absent", "page:window_pt:below kernel_stack:present"),
        *("page:pt.TASK:stack.TASK:no_execute", "thread.TASK.bad_mask", "object_table[0].call_key"),
        *("system:tasks/schedule.asm:idle.wait:sti", "cpu.io_bitmap", "cpu.tss.ist[0]"),
    ],
)
def test_there_is(known: dict[str, Guard], name: str) -> None:
    assert known[name].edits


def test_nothing_but_the_guard_changes(image: Image, known: dict[str, Guard]) -> None:
    page = "page:window_pt:below kernel_stack:present"
    for name in ("idt[14].dpl", page, "fmask.trap@ipc/init.asm", "thread.TASK.bad_mask"):
        other = leave_out(image, name)
        changed = {at for at in range(len(image.load)) if image.load[at] != other.load[at]}
        allowed = set[int]()
        for edit in known[name].edits:
            start = image.symbols.physical(edit.part) - image.layout.window.start + edit.offset
            allowed.update(range(start, start + len(edit.new)))
        assert changed
        assert changed <= allowed
        assert other.without == name


def test_a_gate_is_opened(image: Image) -> None:
    gates = GateDescriptor[256].parse(leave_out(image, "idt[14].dpl").contents("idt"))
    assert [number for number, gate in enumerate(gates) if gate.dpl == 3] == [3, 4, 14]


def test_code_is_changed_in_the_unit_too(image: Image) -> None:
    other = build(image.system, "cr4.smep@boot/features.asm")
    assert other.contents("kernel.text") == other.units["kernel.text"].code
    assert other.units["kernel.text"].code != image.units["kernel.text"].code


def test_a_gate_that_is_open_is_refused_by_the_checks(image: Image) -> None:
    with pytest.raises(PackError, match=r"idt\[14\]\.dpl: error\[KP2341\]"):
        build(image.system, "idt[14].dpl")


def test_a_page_that_may_be_written_and_executed_is_refused_by_the_checks(image: Image) -> None:
    with pytest.raises(PackError, match=r"error\[KP2304\].*both written and executed"):
        build(image.system, "page:window_pt:kernel.text:writable")


def test_the_page_below_a_stack_is_mapped_like_the_stack(image: Image) -> None:
    other = build(image.system, "page:window_pt:below kernel_stack:present")
    entries = PageTableEntry[512].parse(other.contents("window_pt"))
    stack = image.symbols.physical("kernel_stack")
    (below,) = (entry for entry in entries if entry.address == stack - 4096)
    assert below.present
    assert below.writable
    assert below.no_execute


@pytest.mark.parametrize("boot", BOOT, ids=lambda boot: boot.target)
def test_boot_code_is_built_without_its_own(image: Image, boot: BootCode) -> None:
    name, target = "efer.no_execute_enable@boot/long.asm", boot.target
    assert name in {one.name for one in boot_guards(boot)}
    other = build(image.system, name)
    assert other.load == image.load
    (with_it, _), (without, _) = (artifacts(one, [target]) for one in (image, other))
    assert with_it.boot
    assert without.boot
    pairs = zip(with_it.boot.code, without.boot.code, strict=True)
    assert [a ^ b for a, b in pairs if a != b] == [1 << 3], "NXE is bit 11: bit 3 of its byte"


def test_an_unknown_name_is_refused_with_the_nearest(image: Image) -> None:
    with pytest.raises(PackError) as refused:
        build(image.system, "idt[14].dlp")
    assert str(refused.value) == (
        "idt[14].dlp: error[KP2207]: the image has no guard of that name\n"
        "help: did you mean idt[14].dpl?"
    )
