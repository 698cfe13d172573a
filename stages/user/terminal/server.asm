; The console server: sole owner of the screen, of COM1, and of what is typed.
;
; Starts with an empty stack and no arguments. A message of exactly ten words is 80 bytes of text that a
; zero byte ends early; the reply says it is printed. Every other message is a ConsoleRequest. COM1's
; interrupt comes as a signal. Replies have ten words too, so that none carries what a register held.
;
; A system call keeps only rsp, so what lasts is at STATE, behind the message buffer's words; every
; routine of this program has rbp = STATE and keeps it. requests.asm serves, prompt.asm and output.asm
; print, line.asm makes lines of what is typed.

const SCREEN       = User.DEVICES
const PIXELS       = User.FRAMEBUFFER
const text_screen  = User.TEXT_SCREEN
const font         = User.FONT
const boot_info    = User.BOOT_INFO
const MOST_READERS = 16
const STATE        = User.BUFFER + 0x900
const WORDS        = 0                  ; fields of STATE: the message's words, and a zero behind the text
const ANSWER       = WORDS + 8 * (Abi.REGISTER_WORDS + 1)       ; words of the reply; zero before
const RECEIVED     = ANSWER + 8 * Abi.REGISTER_WORDS            ; rax of the message
const BADGE        = RECEIVED + 8       ; of the message
const DEVICES      = BADGE + 8          ; which there are
const KEYBOARD_BADGE = DEVICES + 8      ; of the driver
const READER_COUNT = KEYBOARD_BADGE + 8        ; clients that wait for a line
const READERS      = READER_COUNT + 8   ; handles of their Reply slots, 4 bytes each, first come first
const INPUT        = READERS + 4 * MOST_READERS                 ; fields of prompt.asm and line.asm

const SCREEN_BIT   = 1
const SERIAL_BIT   = 2
const KEYBOARD_BIT = 4
const KEYBOARD_KNOWN = 8                ; its driver has said who it is
const PIXELS_BIT   = 16                 ; the screen is one of pixels
const KIND         = RECEIVED + 1

terminal:
    mov     ebp, STATE
    mov     rdi, rbp
    mov     ecx, STATE_BYTES / 8
    xor     eax, eax
    rep stosq                           ; who is started again finds what it left
    mov     ecx, boot_info
    mov     eax, [rcx + BootInfo.features]
    test    eax, Features.vga
    jz      .no_vga
    push    rax
    call    probe_screen                ; who is started again is only told that there may be one
    pop     rax
    jz      .no_vga
    or      byte ptr [rbp + DEVICES], SCREEN_BIT
.no_vga:
    test    eax, Features.framebuffer
    jz      .no_pixels
    or      byte ptr [rbp + DEVICES], SCREEN_BIT | PIXELS_BIT
.no_pixels:
    call    probe_serial
    jz      .receive
    or      byte ptr [rbp + DEVICES], SERIAL_BIT
    mov     dx, Com1.MODEM_CONTROL
    mov     al, ModemControl.dtr | ModemControl.rts | ModemControl.out2
    out     dx, al
    mov     dx, Com1.INTERRUPT_ENABLE
    mov     al, InterruptEnable.received
    out     dx, al
.input:
    call    serial_input
    mov     edi, cap.irq4
    mov     eax, Call.IRQ_ACK << Abi.NUMBER_SHIFT
    syscall
.receive:
    mov     edi, Receive.MESSAGES | Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    mov     ecx, STATE
    mov     [rcx + WORDS + 0 * 8], rsi
    mov     [rcx + WORDS + 1 * 8], rdx
    mov     [rcx + WORDS + 2 * 8], r8
    mov     [rcx + WORDS + 3 * 8], r9
    mov     [rcx + WORDS + 4 * 8], r10
    mov     [rcx + WORDS + 5 * 8], rbx
    mov     [rcx + WORDS + 6 * 8], r12
    mov     [rcx + WORDS + 7 * 8], r13
    mov     [rcx + WORDS + 8 * 8], r14
    mov     [rcx + WORDS + 9 * 8], rbp
    mov     ebp, ecx
    mov     [rbp + RECEIVED], rax
    mov     [rbp + BADGE], rdi
    test    eax, Abi.STATUS_MASK
    jnz     .receive
    cmp     ah, Kind.SIGNAL
    je      .input
    ja      .fault
    cmp     al, Abi.REGISTER_WORDS
    je      .text
    call    request
    jc      .receive
    jmp     .answer
.fault:
    mov     eax, FaultReply.STOP        ; who made us its supervisor gets no other answer
    jmp     .answer
.text:
    call    print_message
    xor     eax, eax                    ; Result.OK
.answer:
    mov     [rbp + ANSWER], rax
    movzx   r15d, byte ptr [rbp + KIND]
    call    load_answer
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | Abi.REGISTER_WORDS
    cmp     r15d, Kind.SEND
    jne     .serve
    jmp     .receive                    ; nobody waits for it

; Loads the ten words at ANSWER, rbp among them, and empties it. Keeps r15.
load_answer:
    lea     rdi, [rbp + ANSWER]
    mov     rsi, [rdi + 0 * 8]
    mov     rdx, [rdi + 1 * 8]
    mov     r8, [rdi + 2 * 8]
    mov     r9, [rdi + 3 * 8]
    mov     r10, [rdi + 4 * 8]
    mov     rbx, [rdi + 5 * 8]
    mov     r12, [rdi + 6 * 8]
    mov     r13, [rdi + 7 * 8]
    mov     r14, [rdi + 8 * 8]
    mov     rbp, [rdi + 9 * 8]
    mov     ecx, Abi.REGISTER_WORDS
    xor     eax, eax
    rep stosq
    ret
