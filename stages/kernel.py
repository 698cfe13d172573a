"""All stages of the kernel, in the order in which they start."""

from __future__ import annotations

from stages.boot.stage import STAGE as BOOT
from stages.console.stage import STAGE as CONSOLE
from stages.interrupts.stage import STAGE as INTERRUPTS
from stages.ipc.stage import STAGE as IPC
from stages.memory.stage import STAGE as MEMORY
from stages.objects.stage import STAGE as OBJECTS
from stages.tasks.stage import STAGE as TASKS

STAGES = (BOOT, CONSOLE, INTERRUPTS, MEMORY, TASKS, OBJECTS, IPC)
