; Makes COM1 interrupt, as often as word 0 of a call says, and answers with the ticks of the time-stamp counter
; between before that and the driver's first instruction, all together.
;
; The transmitter is empty: enabling its interrupt raises it, and nothing is sent. The driver has a higher
; priority, so when its note is there it waits again.

const STAMP       = 0x800000
const TRANSMITTER = InterruptEnable.transmitter_empty

const LEFT        = 0                   ; places on the stack
const SUM         = 8
const ENABLED     = 16                  ; what the console has in the two registers
const CONTROL     = 24

interrupter:
    sub     rsp, 32
    mov     edi, cap.stamp
    mov     esi, cap.self
    mov     edx, STAMP
    mov     r8d, FrameRights.read
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    mov     [rsp + LEFT], rsi
    mov     qword ptr [rsp + SUM], 0
    mov     dx, Com1.MODEM_CONTROL
    in      al, dx
    mov     [rsp + CONTROL], al
    or      al, ModemControl.out2
    out     dx, al
    mov     dx, Com1.INTERRUPT_ENABLE
    in      al, dx
    mov     [rsp + ENABLED], al
    mov     esi, STAMP
.next:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     rdi, rax
    mov     dx, Com1.INTERRUPT_ENABLE
    mov     al, TRANSMITTER
    out     dx, al
.wait:
    mov     rax, [rsi]                  ; the driver runs, here or some instructions on
    cmp     rax, rdi
    jb      .wait
    sub     rax, rdi
    add     [rsp + SUM], rax
    xor     eax, eax
    out     dx, al
    dec     qword ptr [rsp + LEFT]
    jnz     .next
    mov     al, [rsp + ENABLED]
    out     dx, al
    mov     dx, Com1.MODEM_CONTROL
    mov     al, [rsp + CONTROL]
    out     dx, al
    mov     rsi, [rsp + SUM]
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 1
    jmp     .serve
