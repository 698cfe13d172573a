; Time: the clock, the end of a slice, and the next deadline.
;
; `start_clock` is called once, at the end of start-up; `arm_timer` and `clock_now` are called. devices.asm
; jumps to `timer_interrupt` when the local APIC's timer ends, which leaves through `slice_end`
; (tasks/schedule.asm). How fast that timer and the time-stamp counter count is not written anywhere that
; every processor has, and boot waits for nothing: both run beside the first slice of all, which the
; 8254 measures, whose rate is known. From the second on the local APIC does it alone. Without a thread in a queue and without a
; deadline nothing is armed: there is no tick.
;
; The clock's zero is the start of that first slice. Until it ends, the 8254's count is the time.

const PIT_ONE_SHOT    = PitAccess.LOW_THEN_HIGH << PitCommand.access.shift  ; channel 0, mode 0
const PIT_LATCH       = 0xc2            ; read-back: status and count of channel 0
const PIT_ROUND       = 0x10000         ; ticks after which its count repeats
const COUNT_MAX       = 0xffffffff
const LINE_0          = 0x01            ; the 8254's, in the first 8259's mask
const FRACTION        = 32              ; bits behind the point of a rate
const SECOND          = 1000000000      ; ns
const PIT_NANOSECONDS = (SECOND << FRACTION) / Device.PIT_HZ        ; of one of its ticks

start_clock:
    mov     dword ptr [rip + cpu + Cpu.armed], Armed.SLICE
    mov     rcx, LAPIC
    mov     al, PIT_ONE_SHOT
    out     Pit.COMMAND, al
    mov     al, Slice.PIT_TICKS & 0xff
    out     Pit.CHANNEL_0, al
    mov     al, Slice.PIT_TICKS >> 8
    out     Pit.CHANNEL_0, al           ; counting begins here
    mov     dword ptr [rcx + LocalApic.LVT_TIMER], Irq.TIMER
    mov     dword ptr [rcx + LocalApic.TIMER_DIVIDE], TimerDivide.BY_1
    mov     dword ptr [rcx + LocalApic.TIMER_INITIAL], COUNT_MAX
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     [rip + cpu + Cpu.tsc_start], rax
    mov     [rip + cpu + Cpu.charged], rax
    ret

; Sets the timer for the end of a slice when a thread is queued, or for the first deadline when that is
; earlier, or not at all. Keeps rdi and rsi.
arm_timer:
    mov     eax, [rip + cpu + Cpu.slice]
    test    eax, eax
    jz      .measuring                  ; the 8254 will interrupt
    mov     r8d, Armed.SLICE
    cmp     dword ptr [rip + cpu + Cpu.ready_count], 0
    jne     .slice
    mov     r8d, Armed.DEADLINE
    mov     eax, COUNT_MAX
.slice:
    mov     r9d, eax
    cmp     dword ptr [rip + cpu + Cpu.deadline_count], 0
    jne     .deadline
    cmp     r8d, Armed.SLICE
    je      .set
    mov     dword ptr [rip + cpu + Cpu.armed], Armed.NOT
    ret
.measuring:
    mov     dword ptr [rip + cpu + Cpu.armed], Armed.SLICE
    ret
.deadline:
    call    clock_now
    mov     rcx, HEAP
    mov     rcx, [rcx + 8]
    mov     rdx, [rcx + Thread.deadline]
    sub     rdx, rax
    mov     eax, 1                      ; past: at once, but 0 would stop the timer
    jbe     .set_count
    mov     rax, rdx
    mul     qword ptr [rip + cpu + Cpu.apic_ticks_per_nanosecond]
    shrd    rax, rdx, FRACTION
    shr     rdx, FRACTION
    jnz     .set
    inc     rax                         ; rounded up: never early
    jz      .set                        ; 0 would stop the timer
    cmp     rax, r9
    jae     .set
.set_count:
    mov     r9d, eax
.set:
    mov     [rip + cpu + Cpu.armed], r8d
    mov     rcx, LAPIC
    mov     [rcx + LocalApic.TIMER_INITIAL], r9d
    ret

; Returns rax = ns since boot.
clock_now:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rip + cpu + Cpu.tsc_start]
    mov     rcx, [rip + cpu + Cpu.nanoseconds_per_tick]
    test    rcx, rcx
    jz      .measuring
    mul     rcx
    shrd    rax, rdx, FRACTION
    ret
.measuring:
    call    pit_elapsed
    mov     rcx, PIT_NANOSECONDS
    mul     rcx
    shrd    rax, rdx, FRACTION
    ret

; Returns rax = the 8254's ticks since `start_clock`, at most PIT_ROUND; ecx = its status, of which bit 7 is the output
; pin: high once a slice is over.
pit_elapsed:
    mov     al, PIT_LATCH
    out     Pit.COMMAND, al
    in      al, Pit.CHANNEL_0
    movzx   ecx, al
    in      al, Pit.CHANNEL_0
    movzx   r8d, al
    in      al, Pit.CHANNEL_0
    movzx   eax, al
    shl     eax, 8
    or      r8d, eax
    mov     eax, Slice.PIT_TICKS
    sub     eax, r8d
    movzx   eax, ax                     ; it counts on below 0
    test    cl, cl
    jns     .counted
    cmp     eax, Slice.PIT_TICKS        ; past a slice: so many ticks, or its 16 bits went round
    jae     .counted
    add     eax, PIT_ROUND
.counted:
    ret

; clock: word 0 = ns since boot.
call_clock:
    call    clear_results
    call    clock_now
    mov     [rbx + Thread.frame.rsi], rax
    mov     eax, 1
    jmp     complete_words

; The 8254's interrupt. It may come late, after another CPU's or the host's business, so the 8254 is asked
; how many of its ticks have really passed, and both counters are measured against those. A second
; interrupt (a line that bounced) finds that done and is only acknowledged.
first_slice_interrupt:
    mov     al, EOI
    out     Pic.MASTER_COMMAND, al
    cmp     dword ptr [rip + cpu + Cpu.slice], 0
    jne     resume_or_idle
    call    pit_elapsed
    test    cl, cl
    jns     resume_or_idle              ; the firmware's tick, latched before the count began
    mov     rcx, PIT_NANOSECONDS
    imul    rcx, rax                    ; ns since then, with FRACTION
    mov     rsi, rcx
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rip + cpu + Cpu.tsc_start]
    mov     r8, rax                     ; what the time-stamp counter counted meanwhile
    mov     rcx, LAPIC
    mov     edi, COUNT_MAX
    sub     edi, [rcx + LocalApic.TIMER_CURRENT]
    mov     rax, rsi
    xor     edx, edx
    div     r8
    mov     [rip + cpu + Cpu.nanoseconds_per_tick], rax
    mov     r9, rax
    mov     edx, edi                    ; rax, less than rsi, makes a difference of 1 at most
    div     rsi
    mov     [rip + cpu + Cpu.apic_ticks_per_nanosecond], rax
    mov     ecx, Slice.MICROSECONDS * 1000
    mul     rcx                         ; rdx = 0: a slice has less than 2^32 ticks
    shr     rax, FRACTION
    mov     [rip + cpu + Cpu.slice], eax
    mov     rax, SECOND << FRACTION
    div     r9
    mov     [rip + boot_info + BootInfo.tsc_hz], rax
    xor     edx, edx
    mov     ecx, Slice.PER_SECOND * 2
    div     rcx
    mov     [rip + cpu + Cpu.half_slice], eax
    in      al, Pic.MASTER_DATA
    or      al, LINE_0
    out     Pic.MASTER_DATA, al
    mov     rcx, LAPIC
    mov     dword ptr [rcx + LocalApic.TIMER_INITIAL], 0
    call    expire_deadlines
    jmp     slice_end

timer_interrupt:
    mov     rcx, LAPIC
    mov     dword ptr [rcx + LocalApic.EOI], 0
    call    expire_deadlines
    jmp     slice_end

; Sets Features.icount when the time-stamp counter advances by one an instruction, as under an
; emulator that counts them. Two loops whose instructions take very different time on any hardware
; must both count exactly.
const ROUNDS          = 16
const CHAIN_EXPECTED  = 2 + ROUNDS * 3          ; mov, and the first rdtsc itself, before the loop
const DIVIDE_EXPECTED = 2 + ROUNDS * 4

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
    div     cl
    dec     ecx
    jnz     .divide
    rdtsc
    sub     eax, esi
    cmp     eax, DIVIDE_EXPECTED + 1
    jne     .no
    or      dword ptr [rip + boot_info + BootInfo.features], Features.icount
.no:
    ret
