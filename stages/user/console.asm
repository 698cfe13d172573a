; The console server: sole owner of the screen and COM1 once tasks run.
;
; A client's ten words are 80 bytes of text that a zero byte ends early; the reply says it is printed.
; Starts with an empty stack and no arguments; what it must remember over a system call, which keeps
; only rsp, is on the stack.

const SCREEN     = User.DEVICES
const TEXT_BYTES = Abi.REGISTER_WORDS * 8
const SCREEN_BIT = 1
const SERIAL_BIT = 2
const DEVICES    = 0                    ; places on the stack: which devices there are
const TEXT       = 8                    ; the text, and a zero behind it

console:
    sub     rsp, TEXT + TEXT_BYTES + 8
    mov     qword ptr [rsp + TEXT + TEXT_BYTES], 0
    mov     qword ptr [rsp + DEVICES], 0
    call    probe_screen
    jz      .no_screen
    or      qword ptr [rsp + DEVICES], SCREEN_BIT
.no_screen:
    call    probe_serial
    jz      .no_serial
    or      qword ptr [rsp + DEVICES], SERIAL_BIT
.no_serial:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     .no_serial                  ; as when nobody waited for the reply
    cmp     ah, Kind.FAULT
    je      .fault
    mov     [rsp + TEXT + 0 * 8], rsi
    mov     [rsp + TEXT + 1 * 8], rdx
    mov     [rsp + TEXT + 2 * 8], r8
    mov     [rsp + TEXT + 3 * 8], r9
    mov     [rsp + TEXT + 4 * 8], r10
    mov     [rsp + TEXT + 5 * 8], rbx
    mov     [rsp + TEXT + 6 * 8], r12
    mov     [rsp + TEXT + 7 * 8], r13
    mov     [rsp + TEXT + 8 * 8], r14
    mov     [rsp + TEXT + 9 * 8], rbp
    mov     r14, [rsp + DEVICES]
    lea     rbx, [rsp + TEXT]
.next:
    movzx   edi, byte ptr [rbx]
    test    edi, edi
    jz      .printed
    test    r14b, SERIAL_BIT
    jz      .no_com1
    push    rdi
    call    serial_char
    pop     rdi
.no_com1:
    test    r14b, SCREEN_BIT
    jz      .no_vga
    call    screen_char
.no_vga:
    inc     rbx
    jmp     .next
.printed:
    xor     esi, esi                    ; Result.OK
.reply:
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 1
    jmp     .serve
.fault:
    mov     esi, FaultReply.STOP        ; to who made us its supervisor
    jmp     .reply
