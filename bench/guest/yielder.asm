; The other one of a pair of yields: yields until `measure` says that it is enough, and then waits for a
; message that never comes.

const ENOUGH = 0x800000

yielder:
    mov     edi, cap.enough
    mov     esi, cap.self
    mov     edx, ENOUGH
    mov     r8d, FrameRights.read
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
.next:
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    mov     eax, ENOUGH
    cmp     qword ptr [rax], 0
    je      .next
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
.wait:
    jmp     .wait                       ; not reached
