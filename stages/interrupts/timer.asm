; The end of a time slice.
;
; `arm_timer` starts a slice; devices.asm comes to `timer_interrupt` when it ends, which leaves through
; `slice_end` (tasks/schedule.asm). How fast the local APIC's timer counts is not written anywhere
; that every processor has, and boot waits for nothing: the first slice of all is timed by the 8254,
; whose rate is known, while the local APIC's timer and the time-stamp counter run beside it. From
; the second on the local APIC does it alone.

const PIT_ONE_SHOT    = PitAccess.LOW_THEN_HIGH << PitCommand.access.shift  ; channel 0, mode 0
const PIT_LATCH       = 0xc2            ; read-back: status and count of channel 0
const PIT_ROUND       = 0x10000         ; ticks after which its count repeats
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

; The 8254's interrupt. It may come late, after another CPU's or the host's business, so the 8254 is asked
; how many of its ticks have really passed, and both counters are scaled to a slice of them. A second
; interrupt (a line that bounced) finds the slice measured and is only acknowledged.
first_slice_interrupt:
    mov     al, EOI
    out     Pic.MASTER_COMMAND, al
    cmp     dword ptr [rip + cpu + Cpu.slice], 0
    jne     resume_or_idle
    mov     al, PIT_LATCH
    out     Pit.COMMAND, al
    in      al, Pit.CHANNEL_0           ; the status: bit 7 is the output pin
    test    al, al
    jns     resume_or_idle              ; low: the firmware's tick, latched before the count began
    in      al, Pit.CHANNEL_0
    movzx   esi, al
    in      al, Pit.CHANNEL_0
    movzx   edi, al
    shl     edi, 8
    or      edi, esi
    mov     esi, Slice.PIT_TICKS
    sub     esi, edi
    movzx   esi, si                     ; the 8254 counts on below 0: its ticks until now,
    cmp     esi, Slice.PIT_TICKS        ; which are a slice at least, or its 16 bits went round
    jae     .elapsed
    add     esi, PIT_ROUND
.elapsed:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rip + cpu + Cpu.tsc_start]
    mov     rcx, LAPIC
    mov     edi, COUNT_MAX
    sub     edi, [rcx + LocalApic.TIMER_CURRENT]
    imul    rax, rax, Slice.PIT_TICKS
    xor     edx, edx
    div     rsi                         ; what the time-stamp counter counts in a slice
    mov     edx, eax
    shr     edx, 1
    mov     [rip + cpu + Cpu.half_slice], edx
    imul    rax, rax, Slice.PER_SECOND
    mov     [rip + boot_info + BootInfo.tsc_hz], rax
    imul    rax, rdi, Slice.PIT_TICKS
    xor     edx, edx
    div     rsi
    mov     [rip + cpu + Cpu.slice], eax
    mov     al, MASTER_MASK_ALL
    out     Pic.MASTER_DATA, al
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
    ret
