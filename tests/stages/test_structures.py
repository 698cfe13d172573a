"""GDT, stacks, entry code, capability tables and threads as built. Nothing boots here.

Truth from outside: Linux's descriptors, the C library's registers, capstone's reading of the code.
"""

from __future__ import annotations

from collections.abc import Iterator

import capstone  # type: ignore[import-untyped]
import pytest
from capstone import x86

from kobjects.cpu.segments import SegmentSelector, SystemType
from kobjects.kernel.addresses import Kernel, User
from kobjects.kernel.cpu import Cpu
from kobjects.kernel.object import ObjectHeader, key
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import Thread, ThreadState
from kobjects.kernel.trap import TrapFrame
from packer.build import build
from packer.image import Image
from packer.manifest import DEMONSTRATION, load
from stages.boot.stage import GlobalDescriptorTable
from stages.names import handle_of, task_names
from stages.selectors import Selector
from stages.tasks.objects import RIGHTS, all_capabilities, inventory, loaded_slots
from stages.vectors import Ist
from tests.kobjects.oracle import evaluate

LINUX_GDT = {
    "kernel_code": 0x00AF_9B00_0000_FFFF,  # DESC_CODE64
    "kernel_data": 0x00CF_9300_0000_FFFF,  # DESC_DATA64
    "user_data": 0x00CF_F300_0000_FFFF,  # DESC_DATA64 | DESC_USER
    "user_code": 0x00AF_FB00_0000_FFFF,  # DESC_CODE64 | DESC_USER
}
"""Linux: arch/x86/kernel/cpu/common.c, gdt_page; arch/x86/include/asm/desc_defs.h."""

REGISTERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", *(f"r{n}" for n in range(8, 16)))


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


# Segments


@pytest.mark.parametrize("name", LINUX_GDT)
def test_descriptor_equals_linux(image: Image, name: str) -> None:
    gdt = GlobalDescriptorTable.parse(image.contents("gdt"))
    assert getattr(gdt, name) == LINUX_GDT[name]


@pytest.mark.parametrize("name", ["null", "no_user_code32"])
def test_descriptor_is_empty(image: Image, name: str) -> None:
    assert getattr(GlobalDescriptorTable.parse(image.contents("gdt")), name) == 0


def test_the_tss_is_the_cpus_with_its_whole_io_bitmap(image: Image) -> None:
    tss = GlobalDescriptorTable.parse(image.contents("gdt")).tss
    cpu = Cpu.parse(image.contents("cpu"))
    assert tss.type is SystemType.AVAILABLE_TSS
    assert tss.base == image.symbols["cpu"] + Cpu.offset("tss")
    assert tss.limit + 1 == Cpu.offset("io_bitmap") - Cpu.offset("tss") + 65536 // 8 + 1
    assert cpu.io_bitmap == b"\xff" * (65536 // 8 + 1), "every port closed, and the end byte"
    assert cpu.tss.iomap_base > tss.limit, "no bitmap at all until a thread with ports runs"


def test_selectors_count_the_descriptors() -> None:
    fields = list(GlobalDescriptorTable.fields)
    for selector in Selector:
        name = {"USER_BASE": "no_user_code32"}.get(selector.name, selector.name.lower())
        assert SegmentSelector.from_int(selector).index == fields.index(name)


# Stacks


@pytest.mark.parametrize("entry", Ist)
def test_an_interrupt_stack_is_a_page_of_its_own_with_a_guard_below(
    image: Image, entry: Ist
) -> None:
    top = Cpu.parse(image.contents("cpu")).tss.ist[entry - 1]
    (stack,) = [place for place in image.layout.placements if place.end == top]
    assert top % 16 == 0
    assert (stack.loaded, stack.guard, stack.size) == (False, True, 4096)
    name = f"{entry.name.lower()}_stack"
    assert stack.name == name
    assert [gap for gap in image.layout.gaps if gap.guard and gap.end == stack.physical]


def test_unused_interrupt_stacks_are_null(image: Image) -> None:
    assert Cpu.parse(image.contents("cpu")).tss.ist[len(Ist) :] == (0,) * (7 - len(Ist))


# Code


def instructions(image: Image) -> Iterator[capstone.CsInsn]:
    """Every instruction of the kernel's text, line by line of its sources."""
    linked = image.units["kernel.text"]
    decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    decoder.detail = True
    for line in linked.unit.lines:
        if not line.is_data:
            code = linked.code[line.offset : line.offset + line.size]
            yield from decoder.disasm(code, linked.address + line.offset)


@pytest.fixture(scope="module")
def code(image: Image) -> dict[int, capstone.CsInsn]:
    return {each.address: each for each in instructions(image)}


def run_of(image: Image, code: dict[int, capstone.CsInsn], label: str, mnemonic: str) -> list[str]:
    """The operands of the first run of an instruction at or after a label."""
    addresses = [address for address in sorted(code) if address >= image.symbols[label]]
    start = next(n for n, address in enumerate(addresses) if code[address].mnemonic == mnemonic)
    found = []
    for address in addresses[start:]:
        if code[address].mnemonic != mnemonic:
            break
        found.append(code[address].op_str)
    return found


def frame_order() -> list[str]:
    """The general registers of a TrapFrame from the highest address down."""
    return sorted(REGISTERS, key=TrapFrame.offset, reverse=True)


@pytest.mark.parametrize("label", ["trap_entry", "slow_call"])
def test_entry_code_pushes_the_frame_as_the_schema_has_it(
    image: Image, code: dict[int, capstone.CsInsn], label: str
) -> None:
    """A system call has lost RCX and R11: 0 stands in their places."""
    lost = {"rcx": "0", "r11": "0"} if label == "slow_call" else {}
    expected = [lost.get(name, name) for name in frame_order()]
    assert run_of(image, code, label, "push")[: len(REGISTERS)] == expected


def test_exit_code_pops_the_frame_as_the_schema_has_it(
    image: Image, code: dict[int, capstone.CsInsn]
) -> None:
    assert run_of(image, code, "restore_frame", "pop") == frame_order()[::-1]


def test_what_the_processor_pushes_is_where_the_c_library_has_it() -> None:
    """glibc's user_regs_struct ends like an interrupt's frame: orig_rax, rip … ss."""
    order = ("rip", "cs", "eflags", "rsp", "ss")
    offsets = evaluate(
        {name: f"offsetof(struct user_regs_struct, {name})" for name in ("orig_rax", *order)},
        includes=["sys/user.h"],
    )
    ours = {"orig_rax": TrapFrame.offset("error")} | {
        name: TrapFrame.offset("rflags" if name == "eflags" else name) for name in order
    }
    base = TrapFrame.offset("rip") - offsets["rip"]
    assert ours == {name: offset + base for name, offset in offsets.items()}
    assert TrapFrame.offset("ss") + 8 == TrapFrame.size


def test_the_kernel_never_lets_smap_go_and_only_switches_vector_registers(
    code: dict[int, capstone.CsInsn],
) -> None:
    """No STAC at all: messages go through memory of the kernel's own mapping."""
    names = {each.mnemonic for each in code.values()}
    assert not names & {"stac", "swapgs", "invd"}
    wide = (x86.X86_GRP_SSE1, x86.X86_GRP_SSE2, x86.X86_GRP_AVX, x86.X86_GRP_MMX, x86.X86_GRP_FPU)
    touching = {each.mnemonic for each in code.values() if set(each.groups) & {*wide}}
    assert touching <= {"fxsave64", "fxrstor64", "xsave64", "xrstor64", "fnclex", "emms", "fild"}


# Capabilities


def test_handles_are_the_places_of_the_slots(image: Image) -> None:
    offsets = inventory(image.system)
    for task in image.system.tasks:
        slots = Slot[loaded_slots(task, image.system)].parse(image.contents(f"slots.{task.name}"))
        names = task_names(task)
        used = set()
        for number, one in enumerate(task.capabilities):
            handle = names[f"cap.{one.name}"]
            assert handle == handle_of(number)
            slot = slots[handle // Slot.size]
            kind, rights = RIGHTS[one.kind]
            assert (slot.object, slot.type) == (offsets[one.kind, one.target], kind)
            assert slot.badge == (0 if one.kind == "irq" else one.badge), "its line has the bits"
            assert slot.rights == rights(**dict.fromkeys(one.rights, True))
            used.add(handle // Slot.size)
        assert slots[0] == Slot()
        used |= set(range(len(used) + 1, len(all_capabilities(task, image.system)) + 1))
        assert all(slot == Slot() for n, slot in enumerate(slots) if n not in used)


def test_a_slot_may_call_only_with_the_right_and_an_endpoint(image: Image) -> None:
    objects = ObjectHeader[len(inventory(image.system))].parse(image.contents("object_table"))
    for task in image.system.tasks:
        slots = Slot[loaded_slots(task, image.system)].parse(image.contents(f"slots.{task.name}"))
        for number, one in enumerate(task.capabilities, 1):
            header = objects[slots[number].object // ObjectHeader.size]
            assert (slots[number].key == header.call_key) is ("call" in one.rights)
            assert slots[number].key >> 8 == header.generation


def test_the_null_object_has_no_key_that_a_slot_has(image: Image) -> None:
    null = ObjectHeader.parse(image.contents("object_table"))
    assert null.generation == null.call_key == null.signal_key == (1 << 64) - 1
    assert key(null.generation, fast=True) != null.call_key, "no generation makes that key"
    assert Slot().key != null.call_key


# Threads


def test_a_thread_begins_in_ring_3_at_its_first_instruction(image: Image) -> None:
    for task in image.system.tasks:
        frame = Thread.parse(image.contents(f"thread.{task.name}")).frame
        expected = TrapFrame(
            rip=User.TEXT, cs=Selector.USER_CODE, rflags=frame.rflags, rsp=User.STACK_TOP,
            ss=Selector.USER_DATA,
        )  # fmt: skip
        assert frame == expected
        assert frame.rflags == 0x202
        assert frame.cs & 3 == frame.ss & 3 == 3


def test_an_interrupts_frame_ends_at_the_threads_pointer(image: Image) -> None:
    """In 64-bit mode the processor aligns RSP0 to 16 before it pushes: T must be so."""
    assert Thread.offset("frame") + TrapFrame.size == Thread.origin
    for name in ("nobody", *(f"thread.{task.name}" for task in image.system.tasks)):
        assert (image.symbols[name] + Thread.origin) % 16 == 0
        assert image.symbols[name] % 4096 == 0


def test_a_thread_has_its_own_tables_and_nobody_else_s(image: Image) -> None:
    for number, task in enumerate(image.system.tasks):
        thread = Thread.parse(image.contents(f"thread.{task.name}"))
        assert thread.cr3 == image.symbols.physical(f"pml4.{task.name}")
        assert thread.slots == Kernel.DIRECT + image.symbols.physical(f"slots.{task.name}")
        assert thread.buffer == image.symbols[f"message.{task.name}"] + 10 * 8
        assert thread.caller == thread.partner == image.symbols["nobody"] + Thread.origin
        assert (thread.number, thread.state) == (number, ThreadState.READY)
        assert thread.rank == thread.base_rank == task.priority + 1
        assert thread.receive_key == thread.reply_key == 0


def test_a_handle_of_the_table_has_no_bad_bit_and_any_other_has_one(image: Image) -> None:
    for task in image.system.tasks:
        mask = Thread.parse(image.contents(f"thread.{task.name}")).bad_mask
        if task.ports:
            assert mask == (1 << 64) - 1, "never the fast path"
            continue
        good = {number * Slot.size for number in range(task.slots)}
        assert {handle for handle in range(2 * task.slots * Slot.size) if not handle & mask} == good
        assert all(mask >> bit & 1 for bit in range(12, 64))
