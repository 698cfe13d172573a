"""What `kpack verify` is told of this room's code."""

from __future__ import annotations

from kobjects.kernel.abi import Abi
from kobjects.kernel.addresses import Kernel
from kobjects.kernel.object import ObjectHeader
from kobjects.kernel.stack import KernelStack
from kobjects.kernel.thread import ThreadLimit
from stages.claims import Claim, Index, Loop, Number, Privileged, Stack, Within

HEAP_LEVELS = ((Kernel.DEADLINES - Kernel.OBJECTS) // ObjectHeader.size).bit_length()
"""Of a heap of all threads that there can be."""
READY_WORDS = 256 // 64 + 1

CLAIMS: list[Claim] = [
    Loop("find_top.next_word", READY_WORDS, "ready_count is not 0, so some word is not"),
    Loop("sift_up.next", HEAP_LEVELS, "one level of the heap a round"),
    Loop("sift_down.next", HEAP_LEVELS, "one level of the heap a round"),
    Loop("set_ports.port", ThreadLimit.PORTS + 1, "of one range"),
    Loop("call_read_thread.next", Abi.REGISTER_WORDS, "words_read has no higher number"),
    Within("end_unsupervised", "expire_deadlines", 0, "a fault waits without a deadline"),
    Loop("enter_tasks.next", Number("thread_count"), "one prebuilt thread a round"),
    Index("call_inspect.alive", "a slot's type"),
    Stack(
        "resume.special",
        KernelStack.size,
        "kernel_stack: who comes from fast_reply_to_fault is plain, and never comes here",
    ),
    Stack("resume.switched", 0, "rbx is T: its frame ends there"),
    Privileged("resume", ["read cr3", "mov cr3"]),
    Privileged("restore_frame", ["iretq"]),
    Privileged("idle.wait", ["sti", "hlt"]),
    Privileged("switch_debug", ["mov dr0", "mov dr1", "mov dr2", "mov dr3"]),
    Privileged("switch_debug.write", ["mov dr7"]),
    Privileged("fpu_init", ["clts"]),
    Privileged("refuse_vectors", ["read cr0", "mov cr0"]),
    Privileged("choose_fpu_mode", ["read cr4"]),
    Privileged("choose_fpu_mode.enable", ["xsetbv"]),
    Privileged("switch_vectors.reset", ["clts"]),
]
