"""Whether threads, queues and deadlines agree, read from a machine that stands still."""

from __future__ import annotations

from kobjects.kernel.abi import ObjectType
from kobjects.kernel.addresses import Page
from kobjects.kernel.slot import Slot, SlotNumber
from kobjects.kernel.thread import Thread, ThreadState
from tests.stages.script import Memory


class Threads:
    """All threads that there are, by their T."""

    def __init__(self, memory: Memory, alive: list[int]) -> None:
        self.memory = memory
        self.all = {t: memory.thread(t) for t in alive}
        symbols = memory.image.symbols
        self.nobody, self.gone = (symbols[name] + Thread.origin for name in ("nobody", "gone"))

    def check(self, slots: dict[int, Slot]) -> None:
        self.check_replies(slots)
        self.check_senders()
        self.check_ready()
        self.check_deadlines()
        self.check_processor()

    def state(self, t: int) -> ThreadState:
        """What a thread does, its keys told."""
        one = self.all[t]
        if one.receive_key:
            return ThreadState.RECEIVING
        return ThreadState.REPLY_WAIT if one.reply_key else one.state

    def in_state(self, state: ThreadState) -> set[int]:
        return {t for t in self.all if self.state(t) is state}

    def chain(self, first: int) -> list[int]:
        """A list that is linked by `next`, each with its previous."""
        found: list[int] = []
        before = 0
        while first:
            assert first in self.all, f"{first:#x} is in a list, and is no thread"
            assert first not in found
            assert self.all[first].previous == before
            found.append(first)
            before, first = first, self.all[first].next
        return found

    def check_replies(self, slots: dict[int, Slot]) -> None:
        """Who waits for a reply is named once: as somebody's caller, or by a Reply slot."""
        named: list[int] = []
        for t, one in self.all.items():
            saved = self.chain(one.saved_clients)
            for client in saved:
                number = self.memory.physical(self.all[client].reply_slot) >> SlotNumber.SHIFT
                reply = slots[number]
                assert (reply.type, reply.address) == (ObjectType.REPLY, client)
            served = [] if one.caller in (self.nobody, self.gone) else [one.caller]
            for client in (*saved, *served):
                assert self.all[client].partner == t
            named += [*saved, *served]
        assert sorted(named) == sorted(self.in_state(ThreadState.REPLY_WAIT))
        replies = [one for one in slots.values() if one.type is ObjectType.REPLY]
        assert all(self.all[one.address].reply_slot for one in replies)

    def check_senders(self) -> None:
        queued = {t: self.chain(one.queue_head) for t, one in self.all.items()}
        for t, senders in queued.items():
            assert self.all[t].flags.queued is bool(senders)
            assert all(self.all[one].partner == t for one in senders)
        every = [one for senders in queued.values() for one in senders]
        assert sorted(every) == sorted(self.in_state(ThreadState.SENDING))

    def check_ready(self) -> None:
        cpu = self.memory.cpu
        found: list[int] = []
        for rank, queue in enumerate(cpu.ready, 1):
            t = queue.head
            while t:
                assert self.all[t].rank == rank
                found.append(t)
                t = 0 if t == queue.tail else self.all[t].next
            assert bool(queue.head) is bool(cpu.ready_map[rank // 64] >> rank % 64 & 1)
        ready = self.in_state(ThreadState.READY) - {cpu.tss.rsp0}
        assert sorted(found) == sorted(ready)
        assert cpu.ready_count == len(found)

    def check_deadlines(self) -> None:
        """The heap has the threads that are timed, each where it says, the earliest first."""
        count = self.memory.cpu.deadline_count
        heap = [self.deadline(place) for place in range(1, count + 1)]
        assert [self.all[t].heap_index for t in heap] == [*range(1, count + 1)]
        assert sorted(heap) == sorted(t for t, one in self.all.items() if one.flags.timed)
        for place in range(2, count + 1):
            above, below = self.all[heap[place // 2 - 1]], self.all[heap[place - 1]]
            assert above.deadline <= below.deadline

    def deadline(self, place: int) -> int:
        at = (place - 1) * 8
        table = self.memory.region("deadlines_pt")
        page = int.from_bytes(table[at // Page.SIZE * 8 :][:8], "little") & 0xFFFFFFFFFF000
        return self.memory.quad(page + at % Page.SIZE)

    def check_processor(self) -> None:
        """The processor names nobody who is no more."""
        cpu = self.memory.cpu
        assert {cpu.payer, cpu.tss.rsp0} <= {*self.all, self.nobody}
        owners = (cpu.io_owner, cpu.fpu_owner, cpu.bases_owner, cpu.debug_owner)
        assert {*owners} <= {*self.all, 0}
