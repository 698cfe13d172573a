; Sees the witness's counter, tells the judge that it begins, and falls into the generated cases.
;
; `wait_for_witness` returns when the witness has run, so the timer has interrupted the caller; it
; leaves all flags that no comparison changes and all registers but rcx, rdx.

const COUNTER = User.DEVICES

ward:
    mov     edi, cap.counter
    mov     esi, cap.self
    mov     edx, COUNTER
    mov     r8d, FrameRights.read
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     .failed
    call    wait_for_witness
    mov     edi, cap.judge
    xor     eax, eax                    ; Call.CALL, no words
    syscall
    jmp     cases
.failed:
    mov     edi, eax
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    syscall

wait_for_witness:
    mov     ecx, COUNTER
    mov     rdx, [rcx]
.again:
    cmp     [rcx], rdx
    je      .again
    ret

cases:
