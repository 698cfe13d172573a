; Counts in a page that the supervisor can read, and never gives the processor up: that others run
; beside it shows that the timer takes it away.

counter:
    mov     edi, cap.counter
    mov     esi, cap.self
    mov     edx, User.DEVICES
    mov     r8d, FrameRights.read | FrameRights.write
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     .failed
    mov     ecx, User.DEVICES
.count:
    inc     qword ptr [rcx]
    jmp     .count
.failed:
    shr     eax, Abi.STATUS_SHIFT       ; the exit code is the Status
    mov     edi, eax
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    syscall
