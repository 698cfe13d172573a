"""Programs as boot modules: a page that says what to make, then the pages to copy."""

from __future__ import annotations

from kobjects.cpu.paging import PAGE_SIZE
from kobjects.firmware.elf import SymbolType
from kobjects.kernel.abi import FrameRights
from kobjects.kernel.addresses import User
from kobjects.kernel.bootinfo import BootInfo, Features
from kobjects.kernel.program import Program, ProgramFlags, ProgramLimit, ProgramSegment
from packer.asm import Unit
from packer.asm.source import did_you_mean
from packer.errors import PackError, Problem, shown
from packer.layout import align_up
from stages.model import Access, Executable, Label, Segment, Task
from stages.names import task_names
from stages.tasks.threads import port_ranges

NO_PIXELS = BootInfo(features=Features(vga=True))
"""What a program reads at User.BOOT_INFO that is started again in place of a task that could draw:
only tasks of the image see the screen of pixels. Whether there is a VGA it finds out itself."""


def executable(unit: Unit, task: Task) -> Executable:
    """A program in assembly as if it had been compiled elsewhere. AsmError names what it lacks."""

    def resolve(symbol: str) -> int:
        known = {*unit.symbols, *task_names(task)}
        raise KeyError(did_you_mean(symbol, known) or symbol)

    start = int(User.TEXT)
    code = unit.link(start, resolve)
    size = align_up(len(code), PAGE_SIZE)
    text = Segment(start, Access.TEXT, code.ljust(size, b"\0"), size)
    return Executable(task.program[0].path, start, [text] if size else [], labels(unit))


def labels(unit: Unit) -> list[Label]:
    """Where a task finds the labels of a unit that is its program."""
    start = int(User.TEXT)
    return [
        Label(start + offset, 0, name, SymbolType.STT_FUNC) for name, offset in unit.symbols.items()
    ]


def end(unit: Unit) -> Label:
    """A label without a name behind a unit that is a task's program."""
    return Label(User.TEXT + len(unit.code), 0, "", SymbolType.STT_NOTYPE)


def flatten(task: Task, program: Executable) -> bytes:
    """A Program and its pages. PackError says what does not fit into its first page."""
    room = ProgramLimit.SEGMENTS
    runs = len(program.segments) + len(task.physical) + task.framebuffer
    if runs > room:
        text = f"has {runs} runs of pages of one access; a module holds {int(room)}"
        raise PackError([Problem("KP2409", shown(program.path), text)])
    segments, pages = _segments(task, program)
    names = [
        capability.name.encode()[: ProgramLimit.NAME_BYTES] for capability in task.capabilities
    ]
    head = Program(
        priority=task.priority,
        entry=program.entry,
        stack_pages=task.stack_pages,
        flags=ProgramFlags(fpu=task.fpu, modules=task.modules),
        frames=task.frames,
        objects=task.objects,
        ports=port_ranges(task),
        segment_count=len(segments),
        capability_count=len(names),
        segments=(*segments, *[ProgramSegment()] * (room - len(segments))),
        capabilities=(*names, *[b""] * (ProgramLimit.CAPABILITIES - len(names))),
    )
    return head.build() + pages


def _segments(task: Task, program: Executable) -> tuple[list[ProgramSegment], bytes]:
    """The runs of pages, the devices' last, and the bytes of those that have some."""
    segments, pages = [], b""
    for each in program.segments:
        rights = FrameRights(read=True, write=each.access.writable, execute=each.access.executable)
        segments.append(
            ProgramSegment(
                address=each.address,
                offset=Program.size + len(pages),
                file_bytes=len(each.data),
                memory_bytes=each.size,
                rights=rights,
            )
        )
        pages += each.data
    if task.framebuffer:
        segments.append(
            ProgramSegment(
                address=User.BOOT_INFO,
                offset=Program.size + len(pages),
                file_bytes=PAGE_SIZE,
                memory_bytes=PAGE_SIZE,
                rights=FrameRights(read=True),
            )
        )
        pages += NO_PIXELS.build().ljust(PAGE_SIZE, b"\0")
    for linear, span in task.physical.items():
        segments.append(
            ProgramSegment(
                address=linear,
                offset=span.start,
                memory_bytes=len(span),
                rights=FrameRights(read=True, write=True),
                device=1,
            )
        )
    return segments, pages
