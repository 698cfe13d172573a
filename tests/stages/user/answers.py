"""What the stand-ins for the shell's services answer in test_shell.py."""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.kernel import abi
from kobjects.kernel.abi import ObjectType, Status
from kobjects.kernel.module import ModuleKind
from kobjects.kernel.services import FileRequest, NameRequest, Result, SupervisorRequest
from kobjects.kernel.thread import ThreadState
from kobjects.word import Word
from tests.stages.user.services import Answer

READ_BYTES = 800
"""Of a file at once."""


def words(name: str) -> tuple[int, int]:
    """A name as two words of a message."""
    data = name.encode().ljust(16, b"\0")
    return int.from_bytes(data[:8], "little"), int.from_bytes(data[8:], "little")


STATES = [
    Answer(
        SupervisorRequest.TASK,
        (int(state),),
        reply=(
            *words(f"task{int(state)}"),
            state,
            100 + state,
            1_234_567 * state,
            state,
            9 - state,
        ),
    )
    for state in ThreadState
]
RIGHTS: dict[ObjectType, type[Word]] = {
    ObjectType.THREAD: abi.ThreadRights,
    ObjectType.SPACE: abi.SpaceRights,
    ObjectType.ENDPOINT: abi.EndpointRights,
    ObjectType.NOTIFICATION: abi.NotificationRights,
    ObjectType.FRAME: abi.FrameRights,
    ObjectType.IRQ: abi.IrqRights,
    ObjectType.IO_PORTS: abi.IoPortsRights,
    ObjectType.HARDWARE: abi.HardwareRights,
}
TYPE_NAMES = {ObjectType.IO_PORTS: "IoPorts"}
"""What `caps` calls a type, where it is not the capitalised name."""

ALL_RIGHTS = 0xFF

HELD = {
    **{int(kind): (kind, ALL_RIGHTS, 0xFEED_0000_0000_0000 + kind) for kind in RIGHTS},
    20: (ObjectType.ENDPOINT, int(abi.EndpointRights(call=True, control=True)), 0),
    21: (ObjectType.FRAME, 0, 0),
}
"""What `caps holder` tells: slot -> type, rights, badge. The others are empty."""

SLOTS = 24
CAPABILITIES = [
    *(
        Answer(SupervisorRequest.CAPABILITY, (*words("holder"), slot), reply=HELD.get(slot, (0,)))
        for slot in range(SLOTS)
    ),
    Answer(SupervisorRequest.CAPABILITY, words("holder"), Result.END),
    Answer(SupervisorRequest.CAPABILITY, result=Result.NOT_FOUND),
]


FILES = {
    "poem": "".join(f"{number:3} roses\tare red\n" for number in range(100)).encode(),
    "unended": b"no newline at its end",
    "binary": bytes(range(256)),
    "empty": b"",
    "a name of 16 oct": b"x\n",
}


def file_answers() -> Iterator[Answer]:
    """The file server that has FILES."""
    for index, (name, data) in enumerate(FILES.items()):
        kind = ModuleKind.PROGRAM if name == "binary" else ModuleKind.FILE
        yield Answer(FileRequest.LIST, (index,), reply=(*words(name), len(data), kind))
        for offset in range(0, len(data), READ_BYTES):
            part = data[offset : offset + READ_BYTES]
            yield Answer(FileRequest.READ, (index, offset), reply=(len(part),), data=part)
        yield Answer(FileRequest.READ, (index, len(data)), Result.END)
    yield Answer(FileRequest.LIST, (len(FILES),), Result.END)


REFUSALS = [
    Answer(SupervisorRequest.KILL, words(f"refused{int(status)}"), Result.REFUSED, (status,))
    for status in Status
]
RESULTS = [Answer(SupervisorRequest.RUN, words(f"result{result}"), result) for result in range(12)]

SUPERVISOR = [
    *STATES,
    *CAPABILITIES,
    Answer(SupervisorRequest.TASK, result=Result.END),
    Answer(SupervisorRequest.MEMORY, reply=(31870, 137, 7959, 67)),
    *(
        Answer(SupervisorRequest.INTERRUPT, (line,), reply=reply)
        for line, reply in {1: (1, 0, 12345), 4: (1, 1, 7), 5: (0, 0, 0)}.items()
    ),
    Answer(SupervisorRequest.INTERRUPT, (16,), Result.END),
    Answer(SupervisorRequest.INTERRUPT, reply=(0, 0, 0)),
    *REFUSALS,
    *RESULTS,
    Answer(SupervisorRequest.RESTART, words("pong"), Result.NO_PROGRAM),
    Answer(SupervisorRequest.RESTART, words("clock")),
    Answer(SupervisorRequest.FINISH, (0,)),
]
NAMES = [
    Answer(NameRequest.LIST, (0,), reply=words("clock")),
    Answer(NameRequest.LIST, (1,), reply=words("sixteen letters!")),
    Answer(NameRequest.LIST, (2,), Result.END),
    Answer(NameRequest.REGISTER),
]

ANSWERS = {"supervisor": SUPERVISOR, "names": NAMES, "files": [*file_answers()]}
"""By the service that a stand-in is for."""
