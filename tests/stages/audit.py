"""Whether the kernel's objects, budgets and memory add up, read from a machine that stands still.

Every count in the kernel is compared with a count of what it is a count of: objects by their
accounts, frames by who holds them, mappings by the page tables. `audit` asserts all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kobjects.firmware.e820 import E820Type
from kobjects.kernel.abi import ObjectType
from kobjects.kernel.addresses import Kernel, Page
from kobjects.kernel.bootinfo import BootInfo
from kobjects.kernel.frames import Block
from kobjects.kernel.object import NEVER, ObjectHeader, ObjectState
from kobjects.kernel.slot import Slot, SlotNumber
from kobjects.kernel.space import Space
from kobjects.kernel.thread import Thread
from tests.stages.audit_threads import Threads
from tests.stages.script import Memory

ADDRESS = 0x000F_FFFF_FFFF_F000
PRESENT, WRITABLE, USER, LARGE = 1, 2, 4, 0x80
NO_EXECUTE = 1 << 63
CONTROL_PAGE_AND_BUFFER = 2


class Audit:
    """One reading of everything. `used` says who holds each page that was handed out."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.headers = memory.headers()
        self.alive = {
            offset: one
            for offset, one in self.headers.items()
            if one.state is not ObjectState.FREE and one.generation
        }
        self.spaces = {
            offset: memory.space(offset)
            for offset, one in self.alive.items()
            if one.type is ObjectType.SPACE
        }
        self.image_end = memory.image.layout.end
        self.used: Counter[int] = Counter()
        self.leaves: dict[int, tuple[int, int]] = {}
        """Address of a user page's entry -> the Space that it is in, and the entry."""

    def made(self, physical: int) -> bool:
        """Whether memory is no part of the image."""
        return physical >= self.image_end

    def hold(self, physical: int, pages: int = 1) -> int:
        """Note pages that somebody holds; how many of them were handed out at run time."""
        if not self.made(physical):
            return 0
        self.used.update(physical + number * Page.SIZE for number in range(pages))
        return pages

    def all(self) -> None:
        self.check_headers()
        for offset in self.spaces:
            self.check_space(offset)
        self.check_mappings()
        self.check_threads()
        self.check_frames()

    # Objects and budgets

    def check_headers(self) -> None:
        free = list(self.chain(self.memory.cpu.objects_free, "next"))
        assert len(set(free)) == len(free)
        states = {o for o, one in self.headers.items() if one.state is ObjectState.FREE}
        assert set(free) == states
        for offset in free:
            one = self.headers[offset]
            empty = ObjectHeader(generation=one.generation, state=one.state, next=one.next)
            assert one == empty, f"header {offset:#x} is free and not empty: {one}"
        null = ObjectHeader(generation=NEVER, call_key=NEVER, signal_key=NEVER)
        assert self.memory.header(0) == null

    def chain(self, first: int, field: str) -> Iterator[int]:
        while first:
            yield first
            first = getattr(self.memory.header(first), field)

    def check_space(self, offset: int) -> None:
        """Its lists, and what it is said to use."""
        space = self.spaces[offset]
        assert space.object == offset
        paid = list(self.chain(space.account, "next"))
        assert sorted(paid) == [o for o, one in self.alive.items() if one.account == offset]
        before = 0
        for one in paid:
            assert self.headers[one].previous == before
            before = one
        children = [self.spaces[one] for one in paid if one in self.spaces]
        assert all((one.parent, one.depth) == (offset, space.depth + 1) for one in children)
        assert space.objects_used == len(paid) + sum(one.object_limit for one in children)
        own = self.own_frames(space) + self.tables(space)
        own += self.hold(space.block, space.block_bytes // Page.SIZE) if space.block else 0
        own += sum(one.frame_limit for one in children)
        own += sum(self.frames_of(self.headers[one]) for one in paid)
        assert space.frames_used == own, f"Space {offset:#x} uses {own}, and says {space}"
        assert space.frames_used <= space.frame_limit
        assert space.objects_used <= space.object_limit

    def own_frames(self, space: Space) -> int:
        """The record, the topmost table and the capability table."""
        record = self.memory.physical(self.memory.header(space.object).target)
        slots = self.memory.physical(space.slots)
        pages = space.slot_count * Slot.size // Page.SIZE
        return self.hold(record) + self.hold(space.pml4) + self.hold(slots, pages)

    def frames_of(self, one: ObjectHeader) -> int:
        if one.type is ObjectType.THREAD:
            thread = self.memory.thread(one.target)
            pages = (one.target - Thread.origin, thread.buffer - 80)
            assert sum(self.hold(self.memory.physical(page)) for page in pages) == 2
            return CONTROL_PAGE_AND_BUFFER
        if one.type is ObjectType.FRAME and not one.device:
            return self.hold(one.target, Block.LARGE // Page.SIZE if one.large else 1)
        return 0

    def tables(self, space: Space) -> int:
        """Count the page tables made at run time, and note every user page."""

        def below(table: int, level: int) -> int:
            count = 0
            words = self.memory.read(table, Page.SIZE)
            for number in range(Page.ENTRIES // 2 if level == 3 else Page.ENTRIES):
                entry = int.from_bytes(words[8 * number :][:8], "little")
                if not entry:
                    continue
                assert entry & PRESENT
                assert entry & USER
                if level == 0 or (entry & LARGE and level == 1):
                    self.leaves[table + 8 * number] = (space.object, entry)
                else:
                    assert not entry & LARGE
                    count += self.hold(entry & ADDRESS) + below(entry & ADDRESS, level - 1)
            return count

        return below(space.pml4, 3)

    # Mappings

    def slots(self) -> dict[int, Slot]:
        """Every slot by its number."""
        found: dict[int, Slot] = {}
        for space in self.spaces.values():
            first = self.memory.physical(space.slots) >> SlotNumber.SHIFT
            found.update(enumerate(self.memory.slots(space), first))
        return found

    def check_mappings(self) -> None:
        """Every entry has one slot, each is in two lists, and no memory is both W and X."""
        slots = self.slots()
        mapped = {number: one for number, one in slots.items() if one.entry}
        entries = {self.memory.physical(one.entry): one for one in mapped.values()}
        assert len(entries) == len(mapped)
        for at, (home, entry) in self.leaves.items():
            target = entry & ADDRESS & ~(Page.LARGE - 1 if entry & LARGE else 0)
            if at in entries:
                one = entries.pop(at)
                assert one.mapped_space == home
                assert self.alive[one.object].target == target
            elif self.made(target):
                assert target in self.buffers(home), f"{target:#x} is mapped by no slot"
        assert not entries, f"slots whose entries map nothing: {entries}"
        for offset, space in self.spaces.items():
            listed = self.list_of(slots, space.mappings, "space")
            assert listed == {n for n, one in mapped.items() if one.mapped_space == offset}
        for offset, frame in self.alive.items():
            if frame.type is ObjectType.FRAME:
                listed = self.list_of(slots, frame.chain, "frame")
                assert listed == {n for n, one in mapped.items() if one.object == offset}
                self.check_counts(frame, [mapped[number] for number in listed])

    def buffers(self, space: int) -> set[int]:
        """Where the message buffers lie that a Space's threads have mapped."""
        threads = [self.memory.thread(t) for t in self.threads(self.spaces[space])]
        return {self.memory.physical(one.buffer - 80) for one in threads if one.buffer_address}

    def list_of(self, slots: dict[int, Slot], first: int, kind: str) -> set[int]:
        found: set[int] = set()
        before = 0
        while first:
            assert first not in found
            assert getattr(slots[first], f"{kind}_previous") == before
            found.add(first)
            before, first = first, getattr(slots[first], f"{kind}_next")
        return found

    def check_counts(self, frame: ObjectHeader, mapped: list[Slot]) -> None:
        words = [self.memory.quad(self.memory.physical(one.entry)) for one in mapped]
        writable = sum(bool(word & WRITABLE) for word in words)
        executable = sum(not word & NO_EXECUTE for word in words)
        assert (frame.writable_mappings, frame.executable_mappings) == (writable, executable)
        assert not (writable and executable), "W and X"

    # Threads

    def threads(self, space: Space) -> list[int]:
        found: list[int] = []
        t, before = space.threads, 0
        while t:
            assert t not in found
            one = self.memory.thread(t)
            assert one.space_previous == before
            assert one.space == space.object
            assert one.cr3 == space.pml4
            found.append(t)
            before, t = t, one.space_next
        return found

    def check_threads(self) -> None:
        listed = [t for space in self.spaces.values() for t in self.threads(space)]
        headers = {one.target: o for o, one in self.alive.items() if one.type is ObjectType.THREAD}
        assert sorted(listed) == sorted(headers)
        Threads(self.memory, listed).check(self.slots())
        assert self.memory.frames.threads == len(listed)
        assert self.memory.cpu.deadline_room >= len(listed)
        bound = (ObjectType.ENDPOINT, ObjectType.NOTIFICATION)
        for t, offset in headers.items():
            thread = self.memory.thread(t)
            assert thread.object == offset
            serves = list(self.chain(thread.served, "chain"))
            assert sorted(serves) == [
                o for o, one in self.alive.items() if one.type in bound and one.target == t
            ]

    # Physical memory

    def check_frames(self) -> None:
        """Each page is held once, or free, or was never handed out."""
        for table in ("objects_pt", "deadlines_pt"):
            words = self.memory.region(table)
            for at in range(0, Page.SIZE, 8):
                self.hold(int.from_bytes(words[at : at + 8], "little") & ADDRESS)
        frames = self.memory.frames
        assert set(self.used.values()) <= {1}, "a page with two owners"
        assert frames.used == len(self.used)
        given = [*self.used]
        sizes = {"free": Page.SIZE, "free_medium": Block.MEDIUM, "free_large": Block.LARGE}
        for name, size in sizes.items():
            block = getattr(frames, name)
            while block:
                given.extend(range(block, block + size, Page.SIZE))
                block = self.memory.quad(block)
        given.extend(self.never_used())
        usable = [page for span in self.ranges() for page in span]
        assert frames.total == len(usable)
        assert sorted(given) == sorted(usable)

    def ranges(self) -> list[range]:
        """What is usable of each range of the memory map."""
        info = BootInfo.parse(self.memory.region("boot_info"))
        found = []
        for one in info.memory[: info.memory_count]:
            first = max(-(-one.base // Page.SIZE) * Page.SIZE, Kernel.LOW_MEMORY)
            end = min(
                (one.base + one.length) // Page.SIZE * Page.SIZE, self.memory.frames.direct_end
            )
            if one.type != E820Type.RAM or end <= Kernel.PHYSICAL:
                first = end = 0
            first = max(first, self.memory.frames.first) if end else 0
            found.append(range(first, max(first, end), Page.SIZE))
        return found

    def never_used(self) -> Iterator[int]:
        frames, ranges = self.memory.frames, self.ranges()
        yield from range(frames.next, frames.limit, Page.SIZE)
        for number, span in enumerate(ranges):
            if number >= frames.range:
                yield from (page for page in span if number != frames.largest or page < frames.top)
        if frames.range <= len(ranges):
            largest = ranges[frames.largest]
            whole = max(largest.stop // Block.LARGE * Block.LARGE, largest.start)
            yield from range(whole, largest.stop, Page.SIZE)


def audit(memory: Memory) -> None:
    """AssertionError for whatever does not add up."""
    Audit(memory).all()
