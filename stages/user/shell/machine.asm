; Commands about the machine: mem, irq, ipc, devices, exit.

const BOOT_INFO      = 0x800000         ; beyond the packer's window
const MIB_SHIFT      = 20
const LINE_END       = 4                ; columns before which numbers end
const COUNT_END      = 22
const MASKED_COLUMN  = 26
const BATCH          = 100              ; round trips that are timed together
const BATCHES        = 100
const BEST           = SCRATCH + 0 * 8  ; ticks of the shortest batch
const BATCHES_LEFT   = SCRATCH + 1 * 8
const TRIPS_LEFT     = SCRATCH + 2 * 8
const BEGUN          = SCRATCH + 3 * 8  ; ns since boot
const TICKS          = SCRATCH + 4 * 8  ; the time-stamp counter when the batch began

do_mem:
    mov     esi, SupervisorRequest.MEMORY
    mov     edi, cap.supervisor
    call    ask
    jc      .done
    call    complain
    jnz     .done
    push    r9                          ; object limit
    push    r10                         ; objects used
    mov     r12, rdx
    sub     r12, r8                     ; frames left
    lea     rsi, [rip + text_frames]
    call    add_used
    lea     rsi, [rip + text_comma]
    call    add_text
    mov     rdi, r12
    shr     rdi, MIB_SHIFT - Page.SHIFT
    call    add_decimal
    lea     rsi, [rip + text_mib_free]
    call    add_text
    call    end_line
    pop     r8
    pop     rdx
    lea     rsi, [rip + text_objects]
    call    add_used
    call    end_line
.done:
    ret

; Appends the text rsi, and that r8 of rdx are used. Keeps r12.
add_used:
    push    rdx
    push    r8
    call    add_text
    pop     rdi
    call    add_decimal
    lea     rsi, [rip + text_of]
    call    add_text
    pop     rdi
    call    add_decimal
    lea     rsi, [rip + text_used]
    jmp     add_text

do_irq:
    xor     edx, edx
    call    ask_for_line
    jc      .done
    lea     rsi, [rip + text_irq]
    call    add_text
    call    end_line
    mov     qword ptr [rbp + SCRATCH], 0
.next:
    mov     rdx, [rbp + SCRATCH]
    call    ask_for_line
    jc      .done
    test    rdx, rdx
    jz      .not_taken
    mov     rdi, [rbp + SCRATCH]
    mov     esi, LINE_END
    call    add_right
    mov     rdi, r9
    mov     esi, COUNT_END
    call    add_right
    test    r8, r8
    jz      .open
    mov     edi, MASKED_COLUMN
    call    pad
    lea     rsi, [rip + text_masked]
    call    add_text
.open:
    call    end_line
.not_taken:
    inc     qword ptr [rbp + SCRATCH]
    jmp     .next
.done:
    ret

; The supervisor's answer about line rdx. CF set when there is none.
ask_for_line:
    mov     esi, SupervisorRequest.INTERRUPT
    mov     edi, cap.supervisor
    jmp     ask_item

do_devices:
    mov     esi, ConsoleRequest.DEVICES
    mov     edi, cap.console
    call    ask
    jc      .done
    call    complain
    jnz     .done
    push    r9
    push    r8
    mov     rdi, rdx
    lea     rsi, [rip + text_screen]
    call    say_whether
    pop     rdi
    lea     rsi, [rip + text_com1]
    call    say_whether
    pop     rdi
    lea     rsi, [rip + text_keyboard]
    call    say_whether
.done:
    ret

; Says that the device, by the text rsi, is there when rdi is not 0.
say_whether:
    push    rdi
    call    add_text
    pop     rdi
    lea     rsi, [rip + text_there]
    test    rdi, rdi
    jnz     .say
    lea     rsi, [rip + text_not_there]
.say:
    call    add_text
    jmp     end_line

; Many round trips, in batches: the time of all tells what else went on, the shortest batch what one costs.
do_ipc:
    mov     qword ptr [rbp + BEST], -1
    mov     qword ptr [rbp + BATCHES_LEFT], BATCHES
    call    now
    mov     [rbp + BEGUN], rsi
.batch:
    mov     qword ptr [rbp + TRIPS_LEFT], BATCH
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     [rbp + TICKS], rax
.trip:
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.pong
    syscall
    test    eax, Abi.STATUS_MASK
    mov     ebp, STATE
    jnz     .failed
    dec     qword ptr [rbp + TRIPS_LEFT]
    jnz     .trip
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rbp + TICKS]
    cmp     rax, [rbp + BEST]
    jae     .not_best
    mov     [rbp + BEST], rax
.not_best:
    dec     qword ptr [rbp + BATCHES_LEFT]
    jnz     .batch
    call    now
    sub     rsi, [rbp + BEGUN]
    push    rsi
    mov     edi, BATCH * BATCHES
    call    add_decimal
    lea     rsi, [rip + text_round_trips]
    call    add_text
    pop     rdi
    call    add_seconds
    lea     rsi, [rip + text_at_best]
    call    add_text
    mov     ecx, BOOT_INFO
    lea     rbx, [rip + text_instructions]
    mov     rax, [rbp + BEST]
    test    dword ptr [rcx + BootInfo.features], Features.icount
    jnz     .exact
    lea     rbx, [rip + text_ticks]
    mov     r8, [rcx + BootInfo.tsc_hz]
    test    r8, r8
    jz      .exact                      ; its rate is not measured yet
    lea     rbx, [rip + text_nanoseconds]
    mov     ecx, BILLION
    mul     rcx
    div     r8
.exact:
    xor     edx, edx
    mov     ecx, BATCH
    div     rcx
    mov     rdi, rax
    call    add_decimal
    mov     rsi, rbx
    call    add_text
    jmp     end_line
.failed:
    push    rax
    lea     rsi, [rip + text_pong]
    call    add_text
    pop     rdi
    and     edi, Abi.STATUS_MASK
    shr     edi, Abi.STATUS_SHIFT
    call    add_status
    jmp     end_line

; An emulator ends before the answer comes. Elsewhere the switch does it.
do_exit:
    xor     edx, edx                    ; the run has passed
    mov     esi, SupervisorRequest.FINISH
    mov     edi, cap.supervisor
    call    ask
    jc      .done
    call    complain
    jnz     .done
    lea     rsi, [rip + text_no_exit]
    call    add_text
    jmp     end_line
.done:
    ret
