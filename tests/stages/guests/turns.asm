; Puts its own number (MARK, which the test writes behind this) down in a shared page and yields,
; ROUNDS times. The page's first word counts the marks behind it.

const PAGE   = User.DEVICES
const MARKS  = 8
const ROUNDS = 5

turns:
    mov     edi, cap.page
    mov     esi, cap.self
    mov     edx, PAGE
    mov     r8d, FrameRights.read | FrameRights.write
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     .end
    push    ROUNDS
.next:
    mov     ecx, PAGE
    mov     rax, [rcx]
    mov     byte ptr [rcx + rax + MARKS], MARK
    inc     qword ptr [rcx]
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     .end
    dec     qword ptr [rsp]
    jnz     .next
.end:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
