; A program that does a little of everything, for ever. The test turns bits of its text over: whatever
; comes of that must harm nobody else.
;
; Each round it counts on its stack, copies in its message buffer, calls an echo with short and with
; long messages, asks for what it may not have, maps, writes and unmaps a page, and yields.

const PAGE  = User.DEVICES
const WORDS = 40

victim:
    push    0
.round:
    inc     qword ptr [rsp]
    mov     edi, User.BUFFER
    mov     ecx, WORDS
    mov     rax, [rsp]
.fill:
    mov     [rdi], rax
    add     rax, rcx
    add     rdi, 8
    dec     ecx
    jnz     .fill
    lea     rsi, [rip + .round]
    mov     edi, User.BUFFER + WORDS * 8
    mov     ecx, 8
    rep movsq
    call    short_call
    call    long_call
    call    refused
    call    mapping
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    jmp     .round

short_call:
    mov     rsi, [rsp + 8]
    mov     rdx, rsi
    lea     r8, [rsi * 2]
    xor     r9d, r9d
    mov     edi, cap.echo
    mov     eax, 4
    syscall
    cmp     rsi, rdx
    jne     give_up
    ret

long_call:
    mov     rsi, [rsp + 8]
    mov     edi, cap.echo
    mov     eax, WORDS
    syscall
    cmp     eax, WORDS
    jne     give_up
    ret

refused:
    mov     edi, cap.page
    xor     eax, eax                    ; a call of a frame
    syscall
    shr     eax, Abi.STATUS_SHIFT
    cmp     eax, Status.WRONG_TYPE
    jne     give_up
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    syscall
    shr     eax, Abi.STATUS_SHIFT
    cmp     eax, Status.NO_CALLER
    jne     give_up
    ret

mapping:
    mov     edi, cap.page
    mov     esi, cap.self
    mov     edx, PAGE
    mov     r8d, FrameRights.read | FrameRights.write
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     give_up
    mov     ecx, PAGE
    inc     qword ptr [rcx]
    mov     edi, cap.page
    mov     eax, Call.UNMAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     give_up
    ret

give_up:
    mov     edi, eax
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    syscall
    jmp     victim
