; Owns the local APIC, which no manifest can give a task: sets its timer to fire once, long after this
; task waits for good, with a vector that the kernel has no use for.

const LAPIC      = User.DEVICES
const LVT_TIMER  = 0x320                ; "Local APIC Register Address Map"
const INITIAL    = 0x380
const VECTOR     = 0x60
const LONG_AFTER = 1000000              ; ticks: 1 ms of QEMU's, before the first slice is measured

alarm:
    mov     ecx, LAPIC
    mov     dword ptr [rcx + LVT_TIMER], VECTOR
    mov     dword ptr [rcx + INITIAL], LONG_AFTER
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
