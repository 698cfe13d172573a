"""One object of every kind, made by a root: the steps, and the slots that they fill."""

from __future__ import annotations

from kobjects.kernel.abi import ObjectType, Status
from kobjects.kernel.addresses import Page
from tests.stages.object_calls import copy, create, destroy, map_, slot

S, T = Status, ObjectType
HERE = 0x1000_0000
VGA = 0xB_8000
ENDPOINT = slot(10)
BELL = slot(11)
PAGE = slot(12)
LARGE = slot(13)
SMALL_SPACE = slot(14)
LARGE_SPACE = slot(15)
THREAD = slot(16)
UNMAPPED = slot(17)
TEXT = slot(18)
PORTS = slot(19)
IRQ = slot(20)
BADGED = slot(21)
WEAK_SPACE = slot(22)
WEAK_THREAD = slot(23)
WEAK_MACHINE = slot(24)
MUTE_BELL = slot(25)
APERTURE = slot(26)
DEAD_SPACE = slot(27)

MADE = [
    create(T.ENDPOINT, ENDPOINT, "me"),
    create(T.NOTIFICATION, BELL, "me"),
    create(T.FRAME, PAGE, Page.SIZE),
    create(T.FRAME, LARGE, Page.LARGE),
    create(T.SPACE, SMALL_SPACE, 100, 50, 60, 64),
    create(T.SPACE, LARGE_SPACE, 200, 70, 255, 1024),
    create(T.THREAD, THREAD, SMALL_SPACE, 60, HERE),
    create(T.THREAD, UNMAPPED, LARGE_SPACE, 0, 0, account=SMALL_SPACE),
    create(T.FRAME, TEXT, Page.SIZE, "machine", VGA),
    create(T.FRAME, APERTURE, Page.LARGE, "machine", 0xE000_0000),
    create(T.IO_PORTS, PORTS, "machine", 0x60, 5),
    create(T.IRQ, IRQ, "machine", 4, BELL, 0b100),
    copy(BELL, BADGED, 1, badge=6),
    copy("self", WEAK_SPACE, 3),
    copy("me", WEAK_THREAD, 3),
    copy("machine", WEAK_MACHINE, 0),
    copy(BELL, MUTE_BELL, 2),
    map_(TEXT, HERE, 3),
    map_(APERTURE, HERE + Page.LARGE, 3),
    map_(TEXT, HERE, 5, S.NO_RIGHT),
    create(T.SPACE, DEAD_SPACE, 10, 10, 0, 64),
    destroy(DEAD_SPACE),
]
"""Beside them capabilities that lack something, for those who are to be refused."""
