"""The kernel's objects as its manual has them: what each call returns and changes.

Written from the manual, not from the kernel: plain dictionaries and recursion, nothing bounded. A
call that a script makes again until it is done happens here at once.
"""

from __future__ import annotations

from kobjects.kernel.abi import ObjectType, Status
from kobjects.kernel.addresses import Page, User
from kobjects.kernel.slot import Slot
from kobjects.kernel.space import SpaceLimit
from tests.stages.things import Cap, Space, Thing

READ, WRITE, EXECUTE = 1, 2, 4
S, T = Status, ObjectType
CONTROL = {
    T.THREAD: 4,
    T.SPACE: 4,
    T.ENDPOINT: 4,
    T.NOTIFICATION: 2,
    T.FRAME: 8,
    T.IRQ: 2,
    T.IO_PORTS: 2,
    T.HARDWARE: 1,
}
"""The right to mint, revoke and destroy."""
ALL = {T.THREAD: 7, T.SPACE: 7, T.ENDPOINT: 7, T.NOTIFICATION: 3, T.FRAME: 15}
MAP, CAPS = 1, 2
FAST = {T.ENDPOINT, T.NOTIFICATION}
LEVELS = (39, 30, 21)
"""What an entry of each table but the lowest maps, as a shift."""


class Model:
    """The kernel as one task sees it that makes all calls."""

    def __init__(self, own: Space) -> None:
        self.own = own
        self.things: list[Thing] = [own]

    # Handles

    def slot(self, space: Space, handle: int) -> int | None:
        """The number of a slot that may be filled or emptied."""
        number, odd = divmod(handle, Slot.size)
        return number if not odd and 0 < number < space.slot_count else None

    def held(self, handle: int) -> Cap | Status:
        number, odd = divmod(handle, Slot.size)
        if odd or not 0 <= number < self.own.slot_count:
            return S.BAD_HANDLE
        return self.own.table.get(number, S.EMPTY)

    def look(self, handle: int, type_: ObjectType | None = None, rights: int = 0) -> Cap | Status:
        cap = self.held(handle)
        if isinstance(cap, Status):
            return cap
        if type_ not in (None, cap.thing.type):
            return S.WRONG_TYPE
        if not cap.usable:
            return S.DEAD
        return S.NO_RIGHT if rights & ~cap.rights else cap

    def space(self, handle: int, rights: int) -> Space | Status:
        cap = self.look(handle, T.SPACE, rights)
        if isinstance(cap, Status):
            return cap
        assert isinstance(cap.thing, Space)
        return cap.thing

    # Calls

    def copy(
        self, source: int, to: int, slot: int, rights: int, badge: int | None = None
    ) -> Status:
        cap = self.look(source)
        if isinstance(cap, Status):
            return cap
        if rights & ~cap.rights:
            return S.NO_RIGHT
        if badge is not None:
            if not cap.rights & CONTROL[cap.thing.type]:
                return S.NO_RIGHT
            if cap.thing.type not in FAST:
                return S.BAD_ARGUMENT
        space = self.space(to, CAPS) if to else self.own
        if isinstance(space, Status):
            return space
        number = self.slot(space, slot)
        if number is None:
            return S.BAD_HANDLE
        if number in space.table:
            return S.SLOT_BUSY
        given = cap.badge if badge is None else badge
        space.table[number] = Cap(cap.thing, cap.generation, rights, given)
        return S.OK

    def delete(self, of: int, slot: int) -> Status:
        space = self.space(of, CAPS) if of else self.own
        if isinstance(space, Status):
            return space
        number = self.slot(space, slot)
        if number is None:
            return S.BAD_HANDLE
        if number not in space.table:
            return S.EMPTY
        self.unmapped(space.table.pop(number))
        return S.OK

    def create(self, account: int, type_: int, slot: int, *more: int) -> Status:
        payer = self.space(account, CONTROL[T.SPACE])
        if isinstance(payer, Status):
            return payer
        number = self.slot(self.own, slot)
        if number is None:
            return S.BAD_HANDLE
        if number in self.own.table:
            return S.SLOT_BUSY
        kind = ObjectType(type_)
        made: Thing | Status
        if kind is T.SPACE:
            made = self.new_space(payer, *more)
        elif kind is T.THREAD:
            made = self.new_thread(payer, *more)
        elif kind is T.FRAME:
            made = self.new_frame(payer, *more)
        else:
            made = self.new_bound(payer, kind, *more)
        if isinstance(made, Status):
            return made
        self.things.append(made)
        self.own.table[number] = Cap(made, made.generation, ALL[kind])
        return S.OK

    def new_frame(self, payer: Space, size: int) -> Thing | Status:
        if size not in (Page.SIZE, Page.LARGE):
            return S.BAD_ARGUMENT
        one = Thing(T.FRAME, payer, large=size == Page.LARGE)
        return one if payer.charge(one.frames(), 1) else S.NO_QUOTA

    def new_bound(self, payer: Space, kind: ObjectType, thread: int) -> Thing | Status:
        cap = self.look(thread, T.THREAD, CONTROL[T.THREAD])
        if isinstance(cap, Status):
            return cap
        one = Thing(kind, payer, thread=cap.thing)
        return one if payer.charge(0, 1) else S.NO_QUOTA

    def new_thread(self, payer: Space, space: int, priority: int, buffer: int) -> Thing | Status:
        home = self.space(space, CONTROL[T.SPACE])
        if isinstance(home, Status):
            return home
        if priority > home.max_priority:
            return S.PRIORITY
        if buffer and not valid(buffer, Page.SIZE):
            return S.BAD_ADDRESS
        one = Thing(T.THREAD, payer, home=home, buffer=buffer)
        if not payer.charge(2, 1):
            return S.NO_QUOTA
        status = self.make_tables(home, buffer, large=False) if buffer else S.OK
        if status is S.OK and buffer in home.pages:
            status = S.MAPPED
        if status is not S.OK:
            payer.charge(-2, -1)
            return status
        if buffer:
            home.pages[buffer] = one
        return one

    def new_space(
        self, payer: Space, frames: int, objects: int, priority: int, slots: int
    ) -> Space | Status:
        if slots not in (SpaceLimit.SMALL_TABLE, SpaceLimit.LARGE_TABLE):
            return S.BAD_ARGUMENT
        if priority > payer.max_priority:
            return S.PRIORITY
        if payer.depth >= SpaceLimit.DEPTH:
            return S.TOO_DEEP
        own = 3 if slots == SpaceLimit.SMALL_TABLE else 18
        if frames < own or not payer.charge(frames, objects + 1):
            return S.NO_QUOTA
        return Space(
            T.SPACE, payer, frame_limit=frames, frames_used=own, object_limit=objects,
            max_priority=priority, depth=payer.depth + 1, slot_count=slots,
        )  # fmt: skip

    def map(self, frame: int, space: int, address: int, rights: int) -> Status:
        if rights > READ | WRITE | EXECUTE or not rights & READ:
            return S.BAD_ARGUMENT
        if rights & WRITE and rights & EXECUTE:
            return S.W_XOR_X
        cap = self.look(frame, T.FRAME, rights)
        if isinstance(cap, Status):
            return cap
        into = self.space(space, MAP)
        if isinstance(into, Status):
            return into
        one = cap.thing
        if cap.space:
            return S.MAPPED
        if not valid(address, Page.LARGE if one.large else Page.SIZE):
            return S.BAD_ADDRESS
        if (rights & WRITE and any(each.executable for each in one.mappings)) or (
            rights & EXECUTE and any(each.writable for each in one.mappings)
        ):
            return S.W_XOR_X
        status = self.make_tables(into, address, large=one.large)
        if status is not S.OK:
            return status
        if one.large:
            if address in into.large_pages or (21, address >> 21) in into.tables:
                return S.MAPPED
            into.large_pages[address] = cap
        else:
            if address in into.pages:
                return S.MAPPED
            into.pages[address] = cap
        cap.space, cap.address = into, address
        cap.writable, cap.executable = bool(rights & WRITE), bool(rights & EXECUTE)
        one.mappings.append(cap)
        return S.OK

    def make_tables(self, space: Space, address: int, *, large: bool) -> Status:
        """All tables that are missing, or none."""
        shifts = LEVELS[:2] if large else LEVELS
        if not large and address & -Page.LARGE in space.large_pages:
            return S.MAPPED
        missing = {(one, address >> one) for one in shifts} - space.tables
        if not space.charge(len(missing), 0):
            return S.NO_QUOTA
        space.tables |= missing
        return S.OK

    def unmap(self, frame: int) -> Status:
        cap = self.look(frame, T.FRAME)
        if isinstance(cap, Status):
            return cap
        if not cap.space:
            return S.BAD_STATE
        self.unmapped(cap)
        return S.OK

    def unmapped(self, cap: Cap) -> None:
        if cap.space:
            pages = cap.space.large_pages if cap.thing.large else cap.space.pages
            del pages[cap.address]
            cap.thing.mappings.remove(cap)
            cap.space = None

    def revoke(self, handle: int) -> Status:
        cap = self.look(handle)
        if isinstance(cap, Status):
            return cap
        if not cap.rights & CONTROL[cap.thing.type]:
            return S.NO_RIGHT
        cap.thing.generation += 1
        cap.generation = cap.thing.generation
        for one in [*cap.thing.mappings]:
            self.unmapped(one)
        return S.OK

    def destroy(self, handle: int) -> Status:
        cap = self.look(handle)
        if isinstance(cap, Status):
            return cap
        if not cap.rights & CONTROL[cap.thing.type]:
            return S.NO_RIGHT
        if cap.thing is self.own:
            return S.BAD_STATE
        self.kill(cap.thing)
        return S.OK

    def kill(self, one: Thing) -> None:
        if not one.alive:
            return
        one.alive = False
        for each in self.things:
            bound = each.thread is one
            lives = isinstance(one, Space) and each.home is one
            if bound or lives or each.account is one:
                self.kill(each)
        if one.home and one.buffer:
            del one.home.pages[one.buffer]
        for cap in [*one.mappings]:
            self.unmapped(cap)
        if isinstance(one, Space):
            for held in [*one.table.values(), *one.pages.values(), *one.large_pages.values()]:
                if isinstance(held, Cap):
                    self.unmapped(held)
        if one.account:
            more = (one.frame_limit, one.object_limit) if isinstance(one, Space) else (0, 0)
            one.account.charge(-one.frames() - more[0], -1 - more[1])


def valid(address: int, size: int) -> bool:
    """Whether a page of a task may lie there."""
    return address % size == 0 and User.MINIMUM <= address <= User.LIMIT - size
