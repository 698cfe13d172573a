; The shell: reads a line from the console, splits it into words, and does what the first word says.
;
; Starts with an empty stack and no arguments. commands.asm has the table of commands; each is a routine that is
; called with rbp = STATE and its arguments at WORD_AT, and returns. A system call keeps only rsp, so
; what lasts is at STATE, and whoever makes one sets rbp anew. What is done for a command is asked of the services by
; `ask` (ask.asm). An end of input is `exit`.

const MOST_WORDS  = 32
const INPUT_BYTES = 264                 ; a console's line, and a zero behind it
const STATE       = User.BUFFER + 0x900
const WORD_COUNT  = 0                   ; fields of STATE: words of the line, the command's own included
const WORD_AT        = 8                   ; addresses of them, each ended by a zero byte
const LINE_LENGTH = WORD_AT + 8 * MOST_WORDS
const INPUT       = LINE_LENGTH + 8     ; the line
const NAME        = INPUT + INPUT_BYTES ; two words of a message: what NAMED was given
const SCRATCH     = NAME + 16           ; 64 bytes, the command's own
const STATE_BYTES = SCRATCH + 64

const READ_BYTES  = (Abi.REGISTER_WORDS - 2) * 8        ; of one answer of the console
const INTERRUPT   = 3                   ; the byte that stands for Ctrl-C
const RETRY       = 1000000000          ; ns until a console that does not answer is asked again

shell:
    mov     ebp, STATE
    mov     rdi, rbp
    mov     ecx, STATE_BYTES / 8
    xor     eax, eax
    rep stosq                           ; who is started again finds what it left
    call    map_boot_info
    lea     rsi, [rip + text_welcome]
    call    add_text
    call    flush
.prompt:
    lea     rsi, [rip + text_prompt]
    call    add_text
    call    send
    mov     ebp, STATE
    mov     dword ptr [rbp + WORD_COUNT], 0
    call    read_line
    jc      .end
    call    split
    cmp     dword ptr [rbp + WORD_COUNT], 0
    je      .prompt
    call    run_command
    jmp     .prompt
.end:
    lea     rsi, [rip + text_exit]
    call    add_text
    call    flush
    mov     ebp, STATE
    call    do_exit
    jmp     .prompt

; Reads a line to INPUT, without its newline; after Ctrl-C it is empty. CF set at the end of input.
read_line:
    mov     dword ptr [rbp + LINE_LENGTH], 0
.more:
    mov     esi, ConsoleRequest.READ
    mov     edi, cap.console
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | 1
    syscall
    mov     ecx, STATE
    test    eax, Abi.STATUS_MASK
    jnz     .no_console
    test    esi, esi                    ; Result.OK
    jnz     .no_console
    mov     eax, [rcx + LINE_LENGTH]
    lea     rdi, [rcx + rax + INPUT]
    mov     [rdi + 0 * 8], r8
    mov     [rdi + 1 * 8], r9
    mov     [rdi + 2 * 8], r10
    mov     [rdi + 3 * 8], rbx
    mov     [rdi + 4 * 8], r12
    mov     [rdi + 5 * 8], r13
    mov     [rdi + 6 * 8], r14
    mov     [rdi + 7 * 8], rbp
    mov     rbp, rcx
    test    edx, edx
    jz      .end_of_input
    cmp     byte ptr [rdi], INTERRUPT
    je      .interrupted
    add     eax, edx
    mov     [rbp + LINE_LENGTH], eax
    cmp     byte ptr [rbp + rax + INPUT - 1], '\n'
    je      .line
    cmp     eax, INPUT_BYTES - 1 - READ_BYTES
    jbe     .more
    inc     eax                         ; no console's line is longer: what there is will do
.line:
    mov     byte ptr [rbp + rax + INPUT - 1], 0
    clc
    ret
.interrupted:
    mov     byte ptr [rbp + INPUT], 0
    clc
    ret
.end_of_input:
    mov     eax, [rbp + LINE_LENGTH]
    inc     eax
    cmp     eax, 1
    ja      .line
    stc
    ret
.no_console:
    mov     rbp, rcx
    mov     eax, Call.CLOCK << Abi.NUMBER_SHIFT
    syscall
    lea     r15, [rsi + RETRY]
    xor     edi, edi                    ; neither messages nor signals
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    mov     ebp, STATE
    mov     byte ptr [rbp + INPUT], 0   ; another console, maybe: it shows no prompt yet
    clc
    ret

; Finds the words of INPUT, ends each with a zero byte, and leaves their addresses at WORD_AT.
split:
    lea     rsi, [rbp + INPUT]
    xor     ecx, ecx
.blanks:
    mov     al, [rsi]
    test    al, al
    jz      .done
    cmp     al, ' '
    jne     .begins
    mov     byte ptr [rsi], 0
    inc     rsi
    jmp     .blanks
.begins:
    cmp     ecx, MOST_WORDS
    jae     .too_many
    mov     [rbp + rcx * 8 + WORD_AT], rsi
    inc     ecx
.next:
    inc     rsi
    mov     al, [rsi]
    test    al, al
    jz      .done
    cmp     al, ' '
    jne     .next
    jmp     .blanks
.done:
    mov     [rbp + WORD_COUNT], ecx
    ret
.too_many:
    lea     rsi, [rip + text_too_many]
    call    add_text
    mov     edi, MOST_WORDS
    call    add_decimal
    jmp     end_line                    ; and WORD_COUNT is 0

; Maps the boot information at BOOT_INFO, to be read.
map_boot_info:
    mov     edi, cap.boot_info
    mov     esi, cap.space
    mov     edx, BOOT_INFO
    mov     r8d, FrameRights.read
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    mov     ebp, STATE
    ret
