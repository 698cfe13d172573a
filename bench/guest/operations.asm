; The operations that are measured: each does its work BATCH times and returns.
;
; Called with an empty frame above the return address; a system call keeps only rsp, so the loop counts
; on the stack. What a caller would write is part of the figure: loading the number and the handle,
; the test for an error, the loop itself.

const BATCH = 100
const ECHO_THREAD   = 40 * Slot.size    ; handles of what is made here
const ECHO_ENDPOINT = 41 * Slot.size
const SHORT_LIVED   = 42 * Slot.size
const ECHO_PRIORITY = 100               ; our own

; Makes a second thread of our Space, which answers every call with the words it came with.
start_echo:
    mov     edi, ECHO_THREAD
    call    make_thread
    mov     edi, cap.self
    mov     esi, ObjectType.ENDPOINT
    mov     edx, ECHO_ENDPOINT
    mov     r8d, ECHO_THREAD
    mov     eax, Call.CREATE << Abi.NUMBER_SHIFT | 3
    syscall
    test    eax, eax
    jnz     failed
    mov     edi, ECHO_THREAD
    lea     rsi, [rip + echo]
    xor     edx, edx                    ; it needs no stack
    xor     r8d, r8d
    mov     eax, Call.START << Abi.NUMBER_SHIFT | 3
    syscall
    test    eax, eax
    jnz     failed
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall                             ; it waits for messages from now on
    ret

echo:
    mov     edi, Receive.MESSAGES | Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    add     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve

; Makes a thread of our Space; its capability goes to the slot edi.
make_thread:
    mov     edx, edi
    mov     edi, cap.self
    mov     esi, ObjectType.THREAD
    mov     r8d, cap.self
    mov     r9d, ECHO_PRIORITY
    xor     r10d, r10d                  ; its message buffer is mapped nowhere
    mov     eax, Call.CREATE << Abi.NUMBER_SHIFT | 5
    syscall
    test    eax, eax
    jnz     failed
    ret

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

operation_call_same:
    push    BATCH
.next:
    xor     eax, eax
    mov     edi, ECHO_ENDPOINT
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     failed
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    ret

; Between two threads with vector registers, both of which use one each time. This thread has them only here, so
; what switches them on and off is taken out again: START moves by as much.
operation_call_vectors:
    mov     edx, 1
    call    set_vectors
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     [rsp + 8 + START], rax
    push    BATCH
.next:
    movq    xmm0, rsp
    xor     eax, eax
    mov     edi, cap.vectors
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     failed
    dec     qword ptr [rsp]
    jnz     .next
    pop     rax
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    push    rax
    xor     edx, edx
    call    set_vectors
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    pop     rdx
    sub     rax, rdx
    add     [rsp + 8 + START], rax
    ret

; Gives this thread vector registers, edx = 1, or takes them away, 0.
set_vectors:
    xor     edi, edi                    ; the caller itself
    mov     esi, ThreadPart.FPU
    mov     eax, Call.WRITE_THREAD << Abi.NUMBER_SHIFT | 2
    syscall
    test    eax, eax
    jnz     failed
    ret

; A thread without a mapped buffer: made, destroyed, and its capability deleted.
operation_create_destroy:
    push    BATCH
.next:
    mov     edi, SHORT_LIVED
    call    make_thread
    mov     edi, SHORT_LIVED
    mov     eax, Call.DESTROY << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     failed
    xor     edi, edi                    ; our own Space
    mov     esi, SHORT_LIVED
    mov     eax, Call.DELETE << Abi.NUMBER_SHIFT | 1
    syscall
    test    eax, eax
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

; What is measured is told by the other side: START is moved so that no more than that lies behind it.
operation_interrupt:
    mov     esi, BATCH
    mov     edi, cap.interrupter
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | 1
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     failed
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, rsi
    mov     [rsp + 8 + START], rax
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
