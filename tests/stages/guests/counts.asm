; What the timer is set to, in the kernel itself: for each row of the generated table `rows` (RATE in
; ticks of the local APIC a nanosecond, with 32 bits behind the point; DEADLINE in ns) it lets the clock
; stand at 0, a thread be queued and `nobody` have that deadline, arms the timer and says
;       count COUNT                     of the local APIC's timer
; in hexadecimal.

count_test:
    mov     dword ptr [rip + cpu + Cpu.slice], SLICE
    mov     qword ptr [rip + cpu + Cpu.nanoseconds_per_tick], 1        ; of 32 bits behind the point
    mov     dword ptr [rip + cpu + Cpu.deadline_count], 1
    lea     rax, [rip + nobody + Thread.origin]
    mov     rcx, Kernel.DEADLINES
    mov     [rcx], rax
    lea     rbx, [rip + rows]
.row:
    mov     rax, [rbx]
    mov     [rip + cpu + Cpu.apic_ticks_per_nanosecond], rax
    mov     rax, [rbx + 8]
    mov     [rip + nobody + Thread.origin + Thread.deadline], rax
    mov     dword ptr [rip + cpu + Cpu.ready_count], 1
    rdtsc                               ; so that no second of the clock has passed
    shl     rdx, 32
    or      rax, rdx
    mov     [rip + cpu + Cpu.tsc_start], rax
    call    arm_timer
    mov     rax, LAPIC
    mov     ebp, [rax + LocalApic.TIMER_INITIAL]
    lea     rsi, [rip + text_count]
    call    print
    mov     edi, ebp
    call    print_hex
    mov     edi, '\n'
    call    print_char
    add     rbx, 16
    lea     rax, [rip + rows_end]
    cmp     rbx, rax
    jb      .row
    lea     rsi, [rip + text_counted]
    call    print
    mov     dx, DebugExit.PORT
    mov     al, DebugExit.PASSED
    out     dx, al
.halt:
    hlt
    jmp     .halt

text_count:
    .asciz  "count "
text_counted:
    .asciz  "kpack: demonstration passed\n"
    .align  8
