"""The list of faults that the kernel survives, each with the tests that show it.

Where an emulator cannot show a fault (QEMU 7.2 raises neither #AC nor #XM, and at a non-canonical
SYSRET it faults in ring 3) the row's name says what is looked at instead. A name that no test has
any more fails here.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kobjects.cpu.control import Cr0, Cr4
from packer.machine.qmp import Monitor
from tests.kobjects.dump import Dump
from tests.stages import harness
from tests.stages.company import START, last

EXACTLY = "test_fault_reports.py::test_it_is_reported_exactly[fast-{}]"
"""The supervisor is told thread, vector, error code, RIP and CR2 of a ward; beside it witnesses go
on (test_the_witnesses_go_on) and nobody else faults (test_nothing_else_faulted).
"""


def cases(*names: str) -> list[str]:
    return [EXACTLY.format(name) for name in names]


def ipc(*names: str) -> list[str]:
    return [f"test_ipc.py::test_an_error_is_told_and_has_no_effect[{name}]" for name in names]


def map_step(*names: str) -> list[str]:
    return [f"test_memory.py::test_step[{name}]" for name in names]


ROWS = {
    "privileged instruction": cases(
        "cli",
        "hlt",
        "lgdt [rsp]",
        "wrmsr",
        "mov cr3, rcx",
        "mov dr7, rcx",
        "invlpg [rsp]",
        "wbinvd",
        "swapgs",
        "sysretq",
        "xsetbv",
    ),
    "undefined in ring 3": cases("clac", "monitor", "vmrun"),
    "port I/O": [
        *cases("in al, dx", "out dx, al", "insb", "outsb"),
        "test_ports.py::test_only_own_ports_are_open",
        "test_ablation_ipc.py::test_a_reply_does_not_leave_the_servers_ports_open",
        "test_ablation_ipc.py::test_a_fault_does_not_leave_the_wards_ports_open_to_the_supervisor",
    ],
    "UMIP": cases("sgdt [rsp - 16]", "sidt [rsp - 16]", "sldt cx", "str cx", "smsw cx"),
    "kernel memory": cases(
        "read kernel text",
        "write kernel text",
        "run kernel text",
        "read direct map",
        "write direct map",
        "run direct map",
    ),
    "null": cases("read null", "write null's field", "run null", "read null's last page"),
    "guard page": cases("push below the stack", "call below the stack", "read above the stack"),
    "W^X": cases(
        "write own text",
        "locked write to own text",
        "run own stack",
        "run message buffer",
        "write a page mapped read-only",
    ),
    "non-canonical data and jump": cases(
        "mov cl, [rcx]0",
        "mov [rcx], al0",
        "jump to a non-canonical address",
        "push to a non-canonical address",
    ),
    "non-canonical argument of a call": [
        *map_step("address.limit", "address.hole", "address.highest"),
        "test_supervision.py::test_the_doctor_is_told_and_obeyed[fast-hole]",
        "test_supervision.py::test_the_doctor_is_told_and_obeyed[fast-kernel]",
    ],
    "SYSRET to a non-canonical address (image)": [
        *cases("read the last page of all", "run the last page of all"),
        *map_step("address.limit"),
        "../packer/test_checks.py::test_the_last_page_below_the_hole_is_caught",
    ],
    "exceptions": [
        *cases("divide by zero", "int3", "int 4", "ud2", "fninit", "null in ss", "iret with NT"),
        "test_fault_reports.py::test_a_single_step_ends_at_a_system_call",
        "test_gates.py::test_a_task_may_raise_int3_and_into_only",
    ],
    "#AC and #XM (registers)": ["test_campaign.py::test_ac_is_off_and_xm_is_the_threads_own"],
    "debug": [
        "test_fault_reports.py::test_a_single_step_ends_at_a_system_call",
        "test_breakpoints.py::test_a_watchpoint_hit_in_the_kernel_is_switched_off",
    ],
    "kernel stack": [
        "test_panic.py::test_a_stack_overflow_meets_its_guard_and_has_a_stack_for_that",
        "test_ablation_traps.py::test_a_double_fault_that_a_task_was_running_under_is_a_panic",
    ],
    "NMI and #MC": [
        "test_interrupts.py::test_nonmaskable_interrupts_are_counted_and_nobody_notices",
        "test_interrupts.py::test_a_machine_check_is_a_panic",
        "test_gates.py::test_four_vectors_have_stacks_of_their_own",
    ],
    "spurious interrupt": [
        "test_interrupts.py::test_every_vector_without_a_device_is_counted_as_spurious",
        "test_interrupts.py::test_they_end_nobody_and_none_stays_in_service",
        "test_ablation_time.py::test_an_interrupt_of_the_idle_processor_lets_it_idle_on",
    ],
    "flags": [
        "test_kernel_flags.py::test_no_flag_of_a_task_is_set_in_the_kernel",
        "test_system_call_registers.py::test_syscall_clears_every_flag_that_is_defined",
        *cases("popf of IOPL 3 is ignored", "popf of IF 0 is ignored"),
    ],
    "state leak": [
        "test_scheduling.py::test_a_thread_begins_with_nothing_of_anybody",
        "test_ipc.py::TestMessage::test_other_registers_hold_nothing_of_the_partner",
        *cases("movaps xmm0, xmm1", "fninit", "wrgsbase without FSGSBASE", "mov dr0, rcx"),
    ],
    "message leak": [
        "test_ipc.py::TestMessage::test_long_words_arrive_and_nothing_beyond_them",
        "test_ipc.py::test_errors_leave_no_trace_in_the_next_message",
        "test_frames.py::test_a_used_frame_is_zero_again",
    ],
    "arguments of a call": ipc("words.121", "words.255", "reply.121", "call.flag_63", "call.ones"),
    "target of a call": [
        *ipc("handle.itself.0", "handle.empty.0", "handle.frame.0", "handle.no_right.0"),
        "test_death.py::test_a_capability_of_an_earlier_generation_is_dead",
    ],
    "circle of calls": ["test_campaign_ipc.py::test_the_last_call_of_a_circle_is_refused"],
    "crash of a server": [
        "test_campaign_ipc.py::test_who_waits_for_a_server_that_faults_waits_for_its_supervisor"
    ],
    "end of the root": [
        *(
            f"test_root_end.py::test_a_fault_of_the_root_is_a_panic_that_names_it[{name}]"
            for name in ("#UD", "#PF", "#GP")
        ),
        "test_root_end.py::test_an_exit_of_the_root_is_a_panic_that_names_its_code",
        "test_root_end.py::test_nobody_elses_end_is",
    ],
    "forged reply": ipc("reply.nobody", "reply.nobody.120"),
    "forged handle": ["test_campaign_ipc.py::test_no_forged_handle_is_accepted"],
    "flood and endless loop": [
        "test_ablation_time.py::test_endless_calls_take_nobody_s_turn",
        "test_fault_reports.py::test_the_witnesses_go_on",
    ],
    "exhaustion": [
        *map_step("spent"),
    ],
    "stale TLB": map_step("stale_read"),
    "flipped bytes": [
        "test_campaign_flips.py::test_a_flipped_byte_harms_only_its_task",
        "test_campaign_flips.py::test_thousands_of_flips_harm_only_their_tasks",
    ],
}


@pytest.fixture(scope="module")
def existing(root: Path) -> set[str]:
    """Every test of the kernel, with and without its parameters."""
    files = ("tests/stages", "tests/packer/test_checks.py")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "", *files]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    found = {line for line in done.stdout.splitlines() if "::" in line}
    return found | {line.partition("[")[0] for line in found}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_shown(existing: set[str], row: str) -> None:
    wanted = {f"tests/stages/{name}".replace("stages/../", "") for name in ROWS[row]}
    assert not wanted - existing


@pytest.mark.boot
def test_ac_is_off_and_xm_is_the_threads_own() -> None:
    """#AC needs CR0.AM. With OSXMMEXCPT clear, an unmasked SIMD exception would be #UD instead."""
    registers: list[tuple[Cr0, Cr4]] = []

    def ask(monitor: Monitor) -> None:
        dump = Dump(b"", monitor.registers(), [])
        registers.append((Cr0.from_int(dump.register("CR0")), Cr4.from_int(dump.register("CR4"))))

    harness.passed(harness.boot(harness.system(START + last()), ask=ask))
    ((cr0, cr4),) = registers
    assert not cr0.alignment_mask
    assert cr4.os_fxsr
    assert cr4.os_xmm_exceptions
