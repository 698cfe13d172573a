"""What `kpack verify` is told of this room's code."""

from __future__ import annotations

from kobjects.kernel.abi import Abi
from kobjects.kernel.trap import TrapFrame
from stages.claims import Ceiling, Claim, Copy, Once, Privileged, Stack

BUFFER_WORDS = Abi.MESSAGE_WORDS - Abi.REGISTER_WORDS

TO_TASKS = (
    *("call_switch.same_space", "reply_commit.same_space", "return_to_caller", "return_light"),
    *("light_signal.queued", "switch_with_vectors.leave"),
)

PORTS = "the way out may close 256 ports that one thread has and open 256 of another's"
INHERIT = f"{PORTS}; a rank is passed on through Abi.PARTNERS threads, each moved in its queue"
MEMORY = f"{PORTS}; the memory map is walked for a page"
LINE = f"{PORTS}; a thread that nobody supervises ends with a line on the screen"
EXPIRE = f"{LINE}; eight waits end, each at the bottom of the heap and passing on a rank"
DESTROY = "32 threads wake, each at the bottom of a heap of all deadlines; and one line is printed"

CEILINGS: list[Claim] = [
    *(Ceiling(f"SYSCALL {call}", 6_000, PORTS) for call in (
        "NULL", "YIELD", "UNMAP", "SIGNAL", "COPY", "START", "READ_THREAD", "IRQ_ACK", "INSPECT",
        "CLOCK",
    )),
    *(Ceiling(f"SYSCALL {call}", 10_000, INHERIT) for call in (
        "CALL", "REPLY_RECV", "RECV", "SEND", "REPLY", "REPLY_SAVE", "REVOKE", "STOP",
        "WRITE_THREAD",
    )),
    Ceiling("SYSCALL, fast", 6_000, PORTS),
    Ceiling("SYSCALL MAP", 14_000, MEMORY),
    Ceiling("SYSCALL CREATE", 15_000, MEMORY),
    Ceiling("SYSCALL EXIT", 65_000, LINE),
    Ceiling("SYSCALL DELETE", 65_000, LINE),
    Ceiling("SYSCALL DESTROY", 280_000, DESTROY),
    Ceiling("exception of a task", 65_000, LINE),
    Ceiling("#DB", 65_000, LINE),
    Ceiling("interrupt of a task", 90_000, EXPIRE),
    Ceiling("interrupt while idle", 40_000, EXPIRE),
]  # fmt: skip

CLAIMS: list[Claim] = [
    *CEILINGS,
    Copy("long_call", BUFFER_WORDS, "words was compared with Abi.MESSAGE_WORDS"),
    Copy("long_reply", BUFFER_WORDS, "words was compared with Abi.MESSAGE_WORDS"),
    Copy("send_capability.tagged", BUFFER_WORDS, "words was compared with Abi.MESSAGE_WORDS"),
    Copy("deliver", BUFFER_WORDS, "words was compared when the call began"),
    Stack("syscall_entry", TrapFrame.size, "T: a frame ends there"),
    Once(
        "end_unsupervised",
        "a thread ends once; leave_everybody gives up its work then, and leaves no Reply in a slot",
    ),
    Stack("report_at_once", 0, "T: call_switch saves nothing there"),
    *(Stack(label, 0, "the task's, for SYSRET") for label in TO_TASKS),
    Privileged("call_switch", ["mov cr3"]),
    Privileged("call_switch.same_space", ["sysretq"]),
    Privileged("reply_commit", ["mov cr3"]),
    Privileged("reply_commit.same_space", ["sysretq"]),
    Privileged("return_to_caller", ["sysretq"]),
    Privileged("light_signal.queued", ["sysretq"]),
    Privileged("switch_with_vectors", ["mov cr3"]),
    Privileged("switch_with_vectors.leave", ["sysretq"]),
    Privileged("switch_with_vectors.bring_in", ["clts"]),
    Privileged("switch_with_vectors.take_out", ["read cr0", "mov cr0"]),
    Privileged("run_next", ["mov cr3"]),
    Privileged("return_light", ["sysretq"]),
    Privileged("exception", ["read cr2"]),
    Privileged("ipc_init", ["wrmsr", "wrmsr", "wrmsr"]),
    Privileged("write_address", ["wrmsr"]),
]
