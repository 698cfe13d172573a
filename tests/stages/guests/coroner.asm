; Notes in a shared page what the kernel tells of each thread that faulted or ended, and lets it stay
; stopped. What others send it is answered and counted. The page:
;       notes, calls, then for each note: badge and the kernel's words 0 to 3, 9
;       (what and vector, error, rip, address, thread)

const PAGE       = User.DEVICES
const NOTES      = 0
const CALLS      = 8
const FIRST      = 16
const NOTE_BYTES = 48
const MOST       = 80                   ; notes that fit

coroner:
    mov     edi, cap.notes
    mov     esi, cap.self
    mov     edx, PAGE
    mov     r8d, FrameRights.read | FrameRights.write
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    mov     ecx, PAGE
    cmp     ah, Kind.FAULT
    je      .fault
    inc     qword ptr [rcx + CALLS]
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve
.fault:
    mov     r11, [rcx + NOTES]
    inc     qword ptr [rcx + NOTES]
    cmp     r11, MOST
    jae     .answer
    imul    r11, r11, NOTE_BYTES
    lea     rcx, [rcx + r11 + FIRST]
    mov     [rcx], rdi
    mov     [rcx + 1 * 8], rsi
    mov     [rcx + 2 * 8], rdx
    mov     [rcx + 3 * 8], r8
    mov     [rcx + 4 * 8], r9
    mov     [rcx + 5 * 8], rbp
.answer:
    mov     esi, FaultReply.STOP
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 2
    jmp     .serve
