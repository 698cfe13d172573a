; The supervisor of the demonstration: told of faults by the kernel and of results by ping, it says on
; the console what happened and ends the run.
;
; Starts with an empty stack and no arguments. It sees the boot information and the counter's page,
; which it maps itself. The run has passed when ping has reported, the trespasser was stopped for
; exactly what it did, and the counter went on after that.

const BOOT_INFO = 0x800000              ; outside of the packer's window: needs a page table
const COUNTER   = 0x801000
const BADGE_TRESPASSER = 4
const KERNEL_TEXT = Kernel.WINDOW + Kernel.PHYSICAL
const READ_REFUSED = PageFaultError.present | PageFaultError.user

const STOPPED   = 0                     ; places on the stack: non-zero when the trespasser was stopped
const COUNT     = 8                     ; the counter then
const REPORTED  = 16                    ; ping's report: round trips, a batch, ticks
const TRIPS     = 24
const BATCH     = 32
const TICKS     = 40
const FRAME     = 48

const NAME_BYTES = 12

supervisor:
    sub     rsp, FRAME
    mov     rdi, rsp
    mov     ecx, FRAME / 8
    xor     eax, eax
    rep stosq
    lea     rsi, [rip + text_hello]
    call    add_text
    call    flush
    mov     edi, cap.boot_info
    mov     edx, BOOT_INFO
    call    map_page
    mov     edi, cap.counter
    mov     edx, COUNTER
    call    map_page
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     failed
    cmp     ah, Kind.FAULT
    je      .fault
    mov     [rsp + TRIPS], rsi
    mov     [rsp + BATCH], rdx
    mov     [rsp + TICKS], r8
    mov     qword ptr [rsp + REPORTED], 1
    call    report_trips
    jmp     .next
.fault:
    cmp     esi, FaultKind.EXIT << 8
    je      .exit
    cmp     edi, BADGE_TRESPASSER
    jne     .unexpected
    cmp     esi, Vector.PF
    jne     .unexpected
    cmp     edx, READ_REFUSED
    jne     .unexpected
    mov     rax, KERNEL_TEXT
    cmp     r9, rax
    jne     .unexpected
    mov     qword ptr [rsp + STOPPED], 1
    mov     eax, COUNTER
    mov     rax, [rax]
    mov     [rsp + COUNT], rax
    call    report_fault
    jmp     .stop
.unexpected:
    call    report_fault
    jmp     failed
.exit:
    test    r9, r9
    jz      .stop                       ; a task that has done its work
    call    report_exit
    jmp     failed
.stop:
    cmp     qword ptr [rsp + STOPPED], 0
    je      .more
    cmp     qword ptr [rsp + REPORTED], 0
    je      .more
    call    finish
.more:
    mov     esi, FaultReply.STOP
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 1
    jmp     .serve
.next:
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve

; Maps the frame with handle edi at edx, read-only.
map_page:
    mov     esi, cap.self
    mov     r8d, FrameRights.read
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     failed
    ret

; Says which thread faulted and how: rdi = badge, rsi = vector, rdx = error, r8 = RIP, r9 = address.
report_fault:
    push    r9
    push    r8
    push    rdx
    push    rsi
    push    rdi
    lea     rsi, [rip + text_fault]
    call    add_text
    pop     rdi
    call    add_name
    lea     rsi, [rip + text_vector]
    call    add_text
    pop     rdi
    call    add_decimal
    lea     rsi, [rip + text_error]
    call    add_text
    pop     rdi
    call    add_hex
    lea     rsi, [rip + text_at]
    call    add_text
    pop     rdi
    call    add_hex
    lea     rsi, [rip + text_touching]
    call    add_text
    pop     rdi
    call    add_hex
    jmp     flush

; Says which thread gave up, and the Status that made it: rdi = badge, r9 = exit code.
report_exit:
    push    r9
    push    rdi
    lea     rsi, [rip + text_exit]
    call    add_text
    pop     rdi
    call    add_name
    lea     rsi, [rip + text_status]
    call    add_text
    pop     rdi
    call    add_decimal
    jmp     flush

; Appends the name of the task whose badge is rdi.
add_name:
    imul    edi, edi, NAME_BYTES
    lea     rsi, [rip + names]
    add     rsi, rdi
    jmp     add_text

; Says how many round trips there were, and what one costs when the time-stamp counter counts
; instructions. Time is not said: only a floor beside it would make it a figure.
report_trips:
    lea     rsi, [rip + text_trips]
    call    add_text
    mov     rdi, [rsp + 8 + TRIPS]
    call    add_decimal
    lea     rsi, [rip + text_round_trips]
    call    add_text
    mov     eax, BOOT_INFO
    test    dword ptr [rax + BootInfo.features], Features.icount
    jz      flush
    lea     rsi, [rip + text_comma]
    call    add_text
    mov     rax, [rsp + 8 + TICKS]
    xor     edx, edx
    div     qword ptr [rsp + 8 + BATCH]
    mov     rdi, rax
    call    add_decimal
    lea     rsi, [rip + text_instructions]
    call    add_text
    jmp     flush

; Says how far the counter came, and passes if it went on after the trespass.
finish:
    lea     rsi, [rip + text_counter]
    call    add_text
    mov     eax, COUNTER
    mov     rdi, [rax]
    cmp     rdi, [rsp + 8 + COUNT]
    jbe     failed
    call    add_decimal
    lea     rsi, [rip + text_never_yields]
    call    add_text
    call    flush
    lea     rsi, [rip + text_passed]
    call    add_text
    call    flush
    mov     al, DebugExit.PASSED
    mov     dx, DebugExit.PORT
    out     dx, al
    ret                                 ; no emulator to end: the tasks go on

failed:
    lea     rsi, [rip + text_failed]
    call    add_text
    call    flush
    mov     al, DebugExit.FAILED
    mov     dx, DebugExit.PORT
    out     dx, al
.wait:
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    jmp     .wait

text_hello:
    .asciz  "user        the supervisor runs in ring 3"
text_fault:
    .asciz  "fault       "
text_exit:
    .asciz  "exit        "
text_status:
    .asciz  ": status "
text_vector:
    .asciz  ": vector "
text_error:
    .asciz  " error "
text_at:
    .asciz  " at "
text_touching:
    .asciz  " touching "
text_trips:
    .asciz  "ping        "
text_round_trips:
    .asciz  " round trips between two address spaces"
text_comma:
    .asciz  ", "
text_instructions:
    .asciz  " instructions each"
text_counter:
    .asciz  "counter     "
text_never_yields:
    .asciz  ", without ever giving the processor up"
text_passed:
    .asciz  "kpack: demonstration passed"
text_failed:
    .asciz  "kpack: demonstration failed"
names:                                  ; by badge, NAME_BYTES each
    .ascii  "?\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "pong\0\0\0\0\0\0\0\0"
    .ascii  "ping\0\0\0\0\0\0\0\0"
    .ascii  "counter\0\0\0\0\0"
    .ascii  "trespasser\0\0"
