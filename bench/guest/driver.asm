; A driver: notes when its first instruction behind an interrupt runs, for `interrupter`, and acknowledges.

const STAMP = 0x800000

driver:
    mov     edi, cap.stamp
    mov     esi, cap.self
    mov     edx, STAMP
    mov     r8d, FrameRights.read | FrameRights.write
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
.next:
    mov     edi, Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    rdtsc
    mov     ecx, STAMP
    mov     [rcx], eax
    mov     [rcx + 4], edx
    mov     edi, cap.line
    mov     eax, Call.IRQ_ACK << Abi.NUMBER_SHIFT
    syscall
    jmp     .next
