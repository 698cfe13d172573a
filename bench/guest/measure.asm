; Measures every operation and prints its samples.
;
; One line a figure:     figure NAME UNIT SAMPLE SAMPLE …      and at the end:     figures N
; A sample is the ticks of the time-stamp counter that one of BATCH operations takes, rounded down: what
; is rounded away is the handful of instructions around the batch. UNIT is `instructions` when the boot
; says that the counter counts those, else `ticks`. Ends the run through `finish` after the marker line.

const SAMPLES   = 32
const RESULTS   = User.BUFFER + 0xc00   ; SAMPLES quadwords, in the page's part that is ours
const BOOT_INFO = 0x800000
const ENOUGH    = 0x801000              ; read by `yielder`: not 0 when it may stop

const TWO_SLICES = 2 * Slice.MICROSECONDS * 1000      ; ns
const ROUTINE   = 0                     ; places on the stack: the row of the table
const START     = 8
const LEFT      = 16
const PRINTED   = 24                    ; figures so far

measure:
    sub     rsp, 32
    mov     qword ptr [rsp + PRINTED], 0
    mov     edi, cap.boot_info
    mov     esi, cap.self
    mov     edx, BOOT_INFO
    mov     r8d, FrameRights.read
    call    map_page
    mov     edi, cap.enough
    mov     esi, cap.self
    mov     edx, ENOUGH
    mov     r8d, FrameRights.read | FrameRights.write
    call    map_page
    call    start_echo
    lea     rsi, [rip + text_hello]
    call    add_text
    call    flush
    lea     rax, [rip + figures]
    mov     [rsp + ROUTINE], rax
.figure:
    mov     qword ptr [rsp + LEFT], SAMPLES
.sample:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     [rsp + START], rax
    mov     rax, [rsp + ROUTINE]
    call    qword ptr [rax]
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rsp + START]
    xor     edx, edx
    mov     ecx, BATCH
    div     rcx
    mov     rcx, [rsp + LEFT]
    mov     edx, RESULTS - 8
    mov     [rdx + rcx * 8], rax        ; LEFT counts down from SAMPLES to 1
    dec     qword ptr [rsp + LEFT]
    jnz     .sample
    call    print_figure
    inc     qword ptr [rsp + PRINTED]
    call    settle
    add     qword ptr [rsp + ROUTINE], FIGURE_BYTES
    mov     rax, [rsp + ROUTINE]
    cmp     qword ptr [rax], 0
    jne     .figure
    lea     rsi, [rip + text_figures]
    call    add_text
    mov     rdi, [rsp + PRINTED]
    call    add_decimal
    call    flush
    lea     rsi, [rip + text_passed]
    call    add_text
    call    flush
    mov     esi, DebugExit.PASSED
finish:
    mov     edi, cap.finish
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | 1
    syscall
.wait:
    jmp     .wait

; Maps the frame with handle edi into the space esi at edx with the rights r8d.
map_page:
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     failed
    ret

; Lets `yielder` stop, whom only the first figure needs, and sleeps for two slices: then nobody is ready
; beside us, and the timer has come for the last time.
settle:
    mov     eax, ENOUGH
    cmp     qword ptr [rax], 0
    jne     .sleep
    mov     qword ptr [rax], 1
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall                             ; it sees that and waits for a message from now on
.sleep:
    mov     eax, Call.CLOCK << Abi.NUMBER_SHIFT
    syscall
    lea     r15, [rsi + TWO_SLICES]
    xor     edi, edi                    ; neither messages nor signals
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    ret

; Prints the line of the figure whose row is at [rsp + 8 + ROUTINE].
print_figure:
    lea     rsi, [rip + text_figure]
    call    add_text
    mov     rsi, [rsp + 8 + ROUTINE]
    add     rsi, 8
    call    add_text
    lea     rsi, [rip + text_instructions]
    mov     eax, BOOT_INFO
    test    dword ptr [rax + BootInfo.features], Features.icount
    jnz     .unit
    lea     rsi, [rip + text_ticks]
.unit:
    call    add_text
    call    send
    push    SAMPLES
.next:
    lea     rsi, [rip + text_space]
    call    add_text
    mov     rcx, [rsp]
    mov     edx, RESULTS - 8
    mov     rdi, [rdx + rcx * 8]
    call    add_decimal
    call    send
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    jmp     flush

failed:
    lea     rsi, [rip + text_failed]
    call    add_text
    call    flush
    mov     esi, DebugExit.FAILED
    jmp     finish

const FIGURE_BYTES = 48                 ; a routine, then its name, padded with zeros

    .align  8
figures:
    .quad   operation_yield             ; the first one: only it has `yielder` run beside, so that there
                                        ; and back are two calls and two switches
    .ascii  "sched.yield.pair"
    .zero   FIGURE_BYTES - 8 - 16
    .quad   operation_null
    .ascii  "syscall.null"
    .zero   FIGURE_BYTES - 8 - 12
    .quad   operation_call_0
    .ascii  "ipc.call.cross.0w"
    .zero   FIGURE_BYTES - 8 - 17
    .quad   operation_call_8
    .ascii  "ipc.call.cross.8w"
    .zero   FIGURE_BYTES - 8 - 17
    .quad   operation_call_64
    .ascii  "ipc.call.cross.64w"
    .zero   FIGURE_BYTES - 8 - 18
    .quad   operation_call_120
    .ascii  "ipc.call.cross.120w"
    .zero   FIGURE_BYTES - 8 - 19
    .quad   operation_call_vectors
    .ascii  "ipc.call.cross.0w.fpu"
    .zero   FIGURE_BYTES - 8 - 21
    .quad   operation_call_same
    .ascii  "ipc.call.same.0w"
    .zero   FIGURE_BYTES - 8 - 16
    .quad   operation_signal_wait
    .ascii  "ipc.signal_wait.cross"
    .zero   FIGURE_BYTES - 8 - 21
    .quad   operation_yield
    .ascii  "sched.yield.solo"
    .zero   FIGURE_BYTES - 8 - 16
    .quad   operation_fault
    .ascii  "fault.roundtrip"
    .zero   FIGURE_BYTES - 8 - 15
    .quad   operation_interrupt
    .ascii  "irq.to_task"
    .zero   FIGURE_BYTES - 8 - 11
    .quad   operation_create_destroy
    .ascii  "thread.create_destroy"
    .zero   FIGURE_BYTES - 8 - 21
    .quad   operation_map_unmap
    .ascii  "mem.map_unmap"
    .zero   FIGURE_BYTES - 8 - 13
    .quad   0

text_hello:
    .asciz  "user        measuring"
text_figure:
    .asciz  "figure "
text_figures:
    .asciz  "figures "
text_instructions:
    .asciz  " instructions"
text_ticks:
    .asciz  " ticks"
text_space:
    .asciz  " "
text_passed:
    .asciz  "kpack: demonstration passed"
text_failed:
    .asciz  "kpack: demonstration failed"
