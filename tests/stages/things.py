"""The objects of `model.py`."""

from __future__ import annotations

from dataclasses import dataclass, field

from kobjects.kernel.abi import ObjectType
from kobjects.kernel.addresses import Page

T = ObjectType


@dataclass(eq=False)
class Thing:
    """An object. A Space's own fields are in `Space`."""

    type: ObjectType
    account: Space | None
    generation: int = 1
    alive: bool = True
    thread: Thing | None = None
    """Of an Endpoint or Notification: whose it is."""
    home: Space | None = None
    """Of a Thread: where it lives."""
    buffer: int = 0
    large: bool = False
    mappings: list[Cap] = field(default_factory=list)

    def frames(self) -> int:
        """What it costs its account."""
        if self.type is T.FRAME:
            return Page.LARGE // Page.SIZE if self.large else 1
        return 2 if self.type is T.THREAD else 0


@dataclass(eq=False)
class Space(Thing):
    """Budgets count what children may use as used."""

    frame_limit: int = 0
    frames_used: int = 0
    object_limit: int = 0
    objects_used: int = 0
    max_priority: int = 255
    depth: int = 0
    table: dict[int, Cap] = field(default_factory=dict)
    slot_count: int = 64
    pages: dict[int, Cap | Thing | None] = field(default_factory=dict)
    """What is mapped, by address; None: by the packer."""
    large_pages: dict[int, Cap] = field(default_factory=dict)
    tables: set[tuple[int, int]] = field(default_factory=set)

    def charge(self, frames: int, objects: int) -> bool:
        fits = self.frames_used + frames <= self.frame_limit
        if not (fits and self.objects_used + objects <= self.object_limit):
            return False
        self.frames_used += frames
        self.objects_used += objects
        return True


@dataclass(eq=False)
class Cap:
    """A slot that holds something."""

    thing: Thing
    generation: int
    rights: int
    badge: int = 0
    space: Space | None = None
    address: int = 0
    writable: bool = False
    executable: bool = False

    @property
    def usable(self) -> bool:
        """Whether it still means its object."""
        return self.thing.alive and self.generation == self.thing.generation
