; The operations that are measured: each does its work BATCH times and returns.
;
; Called with an empty frame above the return address; a system call keeps only rsp, so the loop counts
; on the stack. What a caller would write is part of the figure: loading the number and the handle,
; the test for an error, the loop itself.

const BATCH = 100

operation_null:
    push    BATCH
.next:
    mov     eax, Call.NULL << Abi.NUMBER_SHIFT
    syscall
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    ret

operation_call_0:
    push    BATCH
.next:
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.pong
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     failed
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    ret

operation_call_8:
    push    BATCH
.next:
    mov     eax, 8
    mov     edi, cap.pong
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     failed
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    ret

operation_call_64:
    push    BATCH
.next:
    mov     eax, 64
    mov     edi, cap.pong
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     failed
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    ret

operation_call_120:
    push    BATCH
.next:
    mov     eax, 120
    mov     edi, cap.pong
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     failed
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    ret

operation_yield:
    push    BATCH
.next:
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    ret

operation_fault:
    push    BATCH
.next:
    ud2
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    ret

operation_signal_wait:
    push    BATCH
.next:
    mov     edi, cap.peer
    mov     eax, Call.SIGNAL << Abi.NUMBER_SHIFT
    syscall
    mov     edi, Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    ret

operation_map_unmap:
    push    BATCH
.next:
    mov     edi, cap.page
    mov     esi, cap.self
    mov     edx, User.DEVICES
    mov     r8d, FrameRights.read | FrameRights.write
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     failed
    mov     edi, cap.page
    mov     eax, Call.UNMAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     failed
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    ret
