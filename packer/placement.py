"""The rules of placement: sizes in, addresses out. No value of any structure is known here.

The order is fixed: text, read-only data, data, the tasks' programs, and then what is reserved and
not loaded. Two rules make the kernel's page tables simple and safe: a page holds only one kind of
access, and whatever asks for page alignment shares its pages with nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from kobjects.cpu.paging import PAGE_SIZE
from packer.errors import Problem
from packer.layout import Gap, Group, Layout, Piece, Window, align_up
from stages.model import Placement


def place(pieces: Iterable[Piece], window: Window) -> Layout:
    """Give every piece an address in `window`; what is wrong goes into the layout's `problems`."""
    ordered = sorted(pieces, key=_order)
    tray = _Tray(window)
    for piece in ordered:
        tray.add(piece)
    tray.finish()
    problems = [*_misdeclared(ordered), *_beyond(tray.placements, window)]
    problems += _apart(ordered, tray.placements)
    problems += overlaps((place.name, place.physical, place.size) for place in tray.placements)
    return Layout(
        window,
        tuple(ordered),
        tuple(tray.placements),
        tuple(tray.gaps),
        tray.loaded_end,
        tray.cursor,
        tuple(problems),
    )


def overlaps(extents: Iterable[tuple[str, int, int]]) -> Iterator[Problem]:
    """Every one of these (name, start, size) that begins inside another one."""
    name, start, end = "", 0, 0
    for other, other_start, size in sorted(extents, key=lambda extent: extent[1:]):
        other_end = other_start + size
        if size and other_start < end:
            yield Problem(
                "KP2005",
                other,
                f"[{other_start:#x}, {other_end:#x}) overlaps {name}, "
                f"which lies at [{start:#x}, {end:#x})",
            )
        if other_end > end:
            name, start, end = other, other_start, other_end


class _Tray:
    """Fills the window from its start upwards."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.cursor = window.start
        self.loaded_end = window.start
        self.placements: list[Placement] = []
        self.gaps: list[Gap] = []
        self._last: Piece | None = None

    def add(self, piece: Piece) -> None:
        if piece.group is Group.RESERVED and not self._reserving:
            self._end_loaded()
        reason, boundary = self._boundary(piece)
        align = max(piece.align if _power_of_two(piece.align) else 1, boundary)
        if piece.guard and piece.owns_pages:
            address = align_up(align_up(self.cursor, PAGE_SIZE) + PAGE_SIZE, align)
            self._pad(address - PAGE_SIZE, reason)
            self._gap(address, piece.group, f"guard page below {piece.name}", guard=True)
        else:
            self._pad(align_up(self.cursor, align), reason)
        self.placements.append(
            Placement(
                name=piece.name,
                access=piece.access,
                virtual=self.cursor + self.window.base,
                physical=self.cursor,
                size=piece.size,
                loaded=piece.group is not Group.RESERVED,
                guard=piece.guard,
            )
        )
        self.cursor += piece.size
        self._last = piece

    def finish(self) -> None:
        if not self._reserving:
            self._end_loaded()
        self._pad(align_up(self.cursor, PAGE_SIZE), "rest of the last reserved page")

    @property
    def _reserving(self) -> bool:
        return self._last is not None and self._last.group is Group.RESERVED

    def _end_loaded(self) -> None:
        self._pad(align_up(self.cursor, PAGE_SIZE), "rest of the last loaded page")
        self.loaded_end = self.cursor

    def _boundary(self, piece: Piece) -> tuple[str, int]:
        """Why bytes before `piece` may stay empty, and the alignment that its company asks for."""
        last = self._last
        if last is not None and last.access is not piece.access:
            reason = f"{piece.name} is {piece.access.value}, {last.name} {last.access.value}"
            return reason, PAGE_SIZE
        if last is not None and last.owns_pages:
            return f"{last.name} shares its pages with nothing", PAGE_SIZE
        if piece.owns_pages:
            return f"{piece.name} shares its pages with nothing", PAGE_SIZE
        return f"{piece.name} is aligned to {piece.align}", 1

    def _pad(self, end: int, reason: str) -> None:
        """Padding counts with what it follows."""
        self._gap(end, self._last.group if self._last else Group.TEXT, reason)

    def _gap(self, end: int, group: Group, reason: str, *, guard: bool = False) -> None:
        if end > self.cursor:
            self.gaps.append(Gap(self.cursor, end - self.cursor, group, reason, guard))
            self.cursor = end


def _order(piece: Piece) -> tuple[Group, bool, str, bool]:
    """Sorts by group; inside one by access, with what shares pages before what does not. What is to
    be at the edge of what is loaded comes last there, and first behind it.
    """
    edge = piece.edge is (piece.group is not Group.RESERVED)
    return piece.group, edge, piece.access.name, piece.owns_pages


def _power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0


def _misdeclared(pieces: Sequence[Piece]) -> Iterator[Problem]:
    first: dict[str, Piece] = {}
    for piece in pieces:
        place = f"{piece.origin}, {piece.name}"
        earlier = first.setdefault(piece.name, piece)
        if earlier is not piece:
            yield Problem(
                "KP2001", place, f"{piece.name} is already the name of a piece of {earlier.origin}"
            )
        if not _power_of_two(piece.align):
            yield Problem(
                "KP2002", place, f"alignment {piece.align} is not a power of two", "use 16 or 4096"
            )
        if piece.guard and not piece.owns_pages:
            yield Problem(
                "KP2003",
                place,
                f"a guard page needs an alignment of {PAGE_SIZE} or more, it has {piece.align}",
                f"give it align={PAGE_SIZE}",
            )


def _apart(pieces: Sequence[Piece], placements: Sequence[Placement]) -> Iterator[Problem]:
    """Of what is to be at the edge, all but the two that are to lie together, if they do."""
    edge = [place for piece, place in zip(pieces, placements, strict=True) if piece.edge]
    for one, other in pairwise(edge):
        if one.loaded and not other.loaded and one.end == other.virtual:
            continue
        yield Problem(
            "KP2006",
            other.name,
            f"is to follow {one.name} where the image's bytes end; it lies at {other.physical:#x}, "
            f"and {one.name} ends at {one.physical + one.size:#x}",
            "one pair of regions can be there, in whole pages",
        )


def _beyond(placements: Sequence[Placement], window: Window) -> Iterator[Problem]:
    """The first placement that crosses the window's limit; those after it only follow."""
    for crossing in placements:
        if crossing.physical + crossing.size > window.limit:
            break
    else:
        return
    last = placements[-1]
    end = last.physical + last.size
    largest = sorted(placements, key=lambda place: place.size, reverse=True)[:3]
    sizes = ", ".join(f"{place.name} {place.size:,}" for place in largest)
    yield Problem(
        "KP2004",
        crossing.name,
        f"[{crossing.physical:#x}, {crossing.physical + crossing.size:#x}) crosses the end of the "
        f"kernel's window at {window.limit:#x}; the image ends at {end:#x} with {last.name}, "
        f"{end - window.limit:,} bytes too far",
        f"the largest pieces, in bytes: {sizes}",
    )
