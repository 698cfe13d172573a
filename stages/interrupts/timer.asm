; The end of a time slice.
;
; `arm_timer` starts a slice; traps.asm and devices.asm come to `timer_interrupt` when it ends, which leaves through
; `slice_end` (tasks/schedule.asm). How fast the local APIC's timer counts is not written anywhere
; that every processor has, and boot waits for nothing: the first slice of all is timed by the 8254,
; whose rate is known, while the local APIC's timer and the time-stamp counter run beside it. From
; the second on the local APIC does it alone.

const PIT_ONE_SHOT    = PitAccess.LOW_THEN_HIGH << PitCommand.access.shift  ; channel 0, mode 0
const COUNT_MAX       = 0xffffffff
const MASTER_MASK_ALL = 0xfb            ; the 8254's line too; the slave's stays open

arm_timer:
    mov     dword ptr [rip + cpu + Cpu.armed], 1
    mov     rcx, LAPIC
    mov     eax, [rip + cpu + Cpu.slice]
    test    eax, eax
    jz      .first
    mov     [rcx + LocalApic.TIMER_INITIAL], eax
    ret
.first:
    mov     al, PIT_ONE_SHOT
    out     Pit.COMMAND, al
    mov     al, Slice.PIT_TICKS & 0xff
    out     Pit.CHANNEL_0, al
    mov     al, Slice.PIT_TICKS >> 8
    out     Pit.CHANNEL_0, al           ; counting begins here
    mov     dword ptr [rcx + LocalApic.LVT_TIMER], LvtEntry.masked
    mov     dword ptr [rcx + LocalApic.TIMER_DIVIDE], TimerDivide.BY_1
    mov     dword ptr [rcx + LocalApic.TIMER_INITIAL], COUNT_MAX
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     [rip + cpu + Cpu.tsc_start], rax
    ret

; The 8254's only interrupt: what was counted meanwhile is a slice. A second one (a line that
; bounced) finds the slice measured and is only acknowledged.
first_slice_interrupt:
    mov     al, EOI
    out     Pic.MASTER_COMMAND, al
    cmp     dword ptr [rip + cpu + Cpu.slice], 0
    jne     resume_or_idle
    mov     al, MASTER_MASK_ALL
    out     Pic.MASTER_DATA, al
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rip + cpu + Cpu.tsc_start]
    mov     ecx, eax
    shr     ecx, 1
    mov     [rip + cpu + Cpu.half_slice], ecx
    imul    rax, rax, Slice.PER_SECOND
    mov     [rip + boot_info + BootInfo.tsc_hz], rax
    mov     rcx, LAPIC
    mov     eax, COUNT_MAX
    sub     eax, [rcx + LocalApic.TIMER_CURRENT]
    mov     [rip + cpu + Cpu.slice], eax
    mov     dword ptr [rcx + LocalApic.TIMER_INITIAL], 0
    mov     dword ptr [rcx + LocalApic.LVT_TIMER], Irq.TIMER
    jmp     slice_end

timer_interrupt:
    mov     rcx, LAPIC
    mov     dword ptr [rcx + LocalApic.EOI], 0
    jmp     slice_end

; Sets Features.icount when the time-stamp counter advances by one an instruction, as under an
; emulator that counts them. Two loops whose instructions take very different time on any hardware
; must both count exactly.
const ROUNDS          = 16
const CHAIN_EXPECTED  = 2 + ROUNDS * 3          ; mov, and the first rdtsc itself, before the loop
const DIVIDE_EXPECTED = 2 + ROUNDS * 5

detect_icount:
    push    rbx
    rdtsc
    mov     esi, eax
    mov     ecx, ROUNDS
.chain:
    nop
    dec     ecx
    jnz     .chain
    rdtsc
    sub     eax, esi
    cmp     eax, CHAIN_EXPECTED + 1
    jne     .no
    rdtsc
    mov     esi, eax
    mov     ecx, ROUNDS
.divide:
    mov     eax, ecx
    xor     edx, edx
    div     ecx
    dec     ecx
    jnz     .divide
    rdtsc
    sub     eax, esi
    cmp     eax, DIVIDE_EXPECTED + 1
    jne     .no
    or      dword ptr [rip + boot_info + BootInfo.features], Features.icount
.no:
    pop     rbx
    ret
