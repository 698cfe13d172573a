; Judges the demonstration, and ends its run: called by the supervisor with rbp = STATE, WARD and the words in MESSAGE.
;
; The run has passed when ping has reported, the trespasser was stopped for exactly what it did, and the counter went
; on after that. With the code at the debug exit port an emulated machine ends, unless a person is at it; then the
; other programs are started, which the first tasks so did not have to wait for.

const BOOT_INFO    = 0x800000           ; beyond the packer's window
const COUNTER      = 0x801000
const KERNEL_TEXT  = Kernel.WINDOW + Kernel.PHYSICAL
const READ_REFUSED = PageFaultError.present | PageFaultError.user
const BADGE_TRESPASSER = 4

const TURNS     = 20                    ; slices that the counter may wait for its own

const STOPPED   = JUDGED + 0 * 8     ; non-zero when the trespasser was stopped
const COUNTED   = JUDGED + 1 * 8     ; the counter then
const REPORTED  = JUDGED + 2 * 8     ; non-zero when ping has reported
const OVER      = JUDGED + 3 * 8     ; non-zero when the run is judged

; ping's words
const TRIPS     = MESSAGE + 1 * 8
const BATCH     = MESSAGE + 2 * 8
const TICKS     = MESSAGE + 3 * 8

begin:
    mov     edi, cap.boot_info
    mov     edx, BOOT_INFO
    call    map_read_only
    mov     edi, cap.counter
    mov     edx, COUNTER
map_read_only:
    mov     esi, edi
    call    own_space
    xchg    esi, edi
    mov     r8d, FrameRights.read
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    call    kernel
    jnz     fail
    ret

judge_fault:
    cmp     qword ptr [rbp + OVER], 0
    jne     .done
    cmp     qword ptr [rbp + BADGE], BADGE_TRESPASSER
    jne     fail
    cmp     qword ptr [rbp + FAULT_WORD], Vector.PF
    jne     fail
    cmp     qword ptr [rbp + ERROR], READ_REFUSED
    jne     fail
    mov     rax, KERNEL_TEXT
    cmp     [rbp + TOUCHED], rax
    jne     fail
    mov     qword ptr [rbp + STOPPED], 1
    mov     eax, COUNTER
    mov     rax, [rax]
    mov     [rbp + COUNTED], rax
    jmp     finish_if_done
.done:
    ret

judge_exit:
    cmp     qword ptr [rbp + OVER], 0
    jne     judge_fault.done
    cmp     qword ptr [rbp + TOUCHED], 0
    jne     fail                        ; a task that gave up
    ; fall through

finish_if_done:
    cmp     qword ptr [rbp + STOPPED], 0
    je      judge_fault.done
    cmp     qword ptr [rbp + REPORTED], 0
    je      judge_fault.done
    jmp     finish

; Says how many round trips there were, and what one costs when the time-stamp counter counts instructions. Time is
; not said: only a floor beside it would make it a figure.
judge_report:
    mov     qword ptr [rbp + REPORTED], 1
    lea     rsi, [rip + text_trips]
    call    add_text
    mov     rdi, [rbp + TRIPS]
    call    add_decimal
    lea     rsi, [rip + text_round_trips]
    call    add_text
    mov     eax, BOOT_INFO
    test    dword ptr [rax + BootInfo.features], Features.icount
    jz      say
    mov     rcx, [rbp + BATCH]
    test    rcx, rcx
    jz      say
    lea     rsi, [rip + text_comma]
    call    add_text
    mov     rax, [rbp + TICKS]
    xor     edx, edx
    div     qword ptr [rbp + BATCH]
    mov     rdi, rax
    call    add_decimal
    lea     rsi, [rip + text_instructions]
    call    add_text
    jmp     say

; Says how far the counter came, and passes if it went on after the trespass.
finish:
    call    wait_for_counter
    mov     eax, COUNTER
    mov     rdi, [rax]
    cmp     rdi, [rbp + COUNTED]
    jbe     fail
    push    rdi
    lea     rsi, [rip + text_counter]
    call    add_text
    pop     rdi
    call    add_decimal
    lea     rsi, [rip + text_never_yields]
    call    add_text
    call    say
    lea     rsi, [rip + text_passed]
    mov     ebx, DebugExit.PASSED
    jmp     end

; Sleeps a slice at a time until the counter has had a turn: the trespasser may have been the last before it.
wait_for_counter:
    push    TURNS
.next:
    mov     eax, COUNTER
    mov     rcx, [rax]
    cmp     rcx, [rbp + COUNTED]
    ja      .counted
    push    rbp
    mov     eax, Call.CLOCK << Abi.NUMBER_SHIFT
    syscall
    lea     r15, [rsi + Slice.MICROSECONDS * 1000]
    xor     edi, edi                    ; neither messages nor signals
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    pop     rbp
    dec     qword ptr [rsp]
    jnz     .next
.counted:
    pop     rax
    ret

fail:
    lea     rsi, [rip + text_failed]
    mov     ebx, DebugExit.FAILED
    ; fall through

; Says the line rsi, gives the machine the code ebx, and goes on with the other programs.
end:
    mov     qword ptr [rbp + OVER], 1
    push    rbx
    call    add_text
    call    say
    pop     rax
    mov     dx, DebugExit.PORT
    out     dx, al
    jmp     start_programs

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
