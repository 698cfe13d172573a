; The line discipline: what is typed on COM1 and the keyboard becomes lines.
;
; `serial_input` takes all that COM1 has received; `take_char` takes one character, dil, from whichever
; device; `fetch_line` gives what is complete. A line is edited at EDIT, which echoes, and goes to the
; ring RING as a whole: with its newline, or ended by END_OF_INPUT, or INTERRUPT alone. Printable ASCII is all
; that a line holds. Escape sequences (arrow keys and their like) are swallowed. rbp = STATE.

const EDIT_BYTES   = 256
const RING_BYTES   = 512
const EDIT_COUNT   = LINE_INPUT              ; fields of STATE: length of the line that is edited
const ESCAPE       = EDIT_COUNT + 4     ; how far an escape sequence has come
const INPUT_HEAD   = ESCAPE + 4         ; bytes that were ever put into the ring
const INPUT_TAIL   = INPUT_HEAD + 8     ; bytes that were taken
const EDIT         = INPUT_TAIL + 8
const RING         = EDIT + EDIT_BYTES
const STATE_BYTES  = RING + RING_BYTES

const LINE_BYTES   = (Abi.REGISTER_WORDS - 2) * 8       ; of one READ

const INTERRUPT    = 3                  ; Ctrl-C
const END_OF_INPUT = 4                  ; Ctrl-D
const BELL         = 7
const BACKSPACE    = 8
const ERASE_LINE   = 0x15               ; Ctrl-U
const ESCAPED      = 0x1b
const DELETE       = 0x7f
const IN_ESCAPE    = 1                  ; values of ESCAPE: after ESC
const IN_SEQUENCE  = 2                  ; after ESC [ or ESC O, until a byte from '@' on

; Takes all that COM1 has received. A byte that came damaged is dropped.
serial_input:
    test    byte ptr [rbp + DEVICES], SERIAL_BIT
    jz      serve_readers
    mov     dx, Com1.LINE_STATUS
    in      al, dx
    test    al, LineStatus.data_ready
    jz      serve_readers
    mov     ecx, eax
    mov     dx, Com1.DATA
    in      al, dx
    test    cl, LineStatus.parity_error | LineStatus.framing_error | LineStatus.break_received
    jnz     serial_input
    movzx   edi, al
    call    take_char
    jmp     serial_input

take_char:
    call    show_before_key
    cmp     dword ptr [rbp + ESCAPE], 0
    jne     in_escape
    cmp     dil, DELETE
    je      erase_char
    ja      .ignored
    cmp     dil, ' '
    jae     add_char
    cmp     dil, '\r'
    je      end_line
    cmp     dil, '\n'
    je      end_line
    cmp     dil, BACKSPACE
    je      erase_char
    cmp     dil, ERASE_LINE
    je      erase_line
    cmp     dil, INTERRUPT
    je      interrupt_line
    cmp     dil, END_OF_INPUT
    je      end_input
    cmp     dil, ESCAPED
    jne     .ignored
    mov     dword ptr [rbp + ESCAPE], IN_ESCAPE
.ignored:
    ret

in_escape:
    cmp     dword ptr [rbp + ESCAPE], IN_SEQUENCE
    je      .sequence
    cmp     dil, '['
    je      .begins
    cmp     dil, 'O'
    jne     .over                       ; Alt and a key
.begins:
    mov     dword ptr [rbp + ESCAPE], IN_SEQUENCE
    ret
.sequence:
    cmp     dil, '@'
    jb      .goes_on
.over:
    mov     dword ptr [rbp + ESCAPE], 0
.goes_on:
    ret

add_char:
    mov     ecx, [rbp + EDIT_COUNT]
    cmp     ecx, EDIT_BYTES - 1         ; room for what ends it
    jae     refuse
    mov     [rbp + EDIT + rcx], dil
    inc     dword ptr [rbp + EDIT_COUNT]
    jmp     put_char

refuse:
    mov     edi, BELL
    jmp     put_char

; Returns ZF set when there was nothing to erase.
erase_char:
    cmp     dword ptr [rbp + EDIT_COUNT], 0
    je      .none
    dec     dword ptr [rbp + EDIT_COUNT]
    mov     edi, BACKSPACE
    call    put_char
    mov     edi, ' '
    call    put_char
    mov     edi, BACKSPACE
    call    put_char
    or      al, 1
.none:
    ret

erase_line:
    call    erase_char
    jnz     erase_line
    ret

end_line:
    call    end_prompt
    mov     edi, '\n'
    jmp     complete_line

end_input:
    mov     edi, END_OF_INPUT
    jmp     complete_line

; An interrupt discards the line, and all that was typed before and not yet read.
interrupt_line:
    mov     dword ptr [rbp + EDIT_COUNT], 0
    mov     rax, [rbp + INPUT_HEAD]
    mov     [rbp + INPUT_TAIL], rax
    mov     edi, '^'
    call    put_char
    mov     edi, 'C'
    call    put_char
    call    end_prompt
    mov     edi, INTERRUPT
    ; fall through

; Ends the line with dil and puts it into the ring. Without room there it stays, to be ended again.
complete_line:
    mov     ecx, [rbp + EDIT_COUNT]
    mov     rdx, [rbp + INPUT_HEAD]
    lea     rax, [rdx + rcx + 1]
    sub     rax, [rbp + INPUT_TAIL]
    cmp     rax, RING_BYTES
    ja      refuse
    mov     [rbp + EDIT + rcx], dil
    inc     ecx
    lea     rsi, [rbp + EDIT]
.next:
    mov     al, [rsi]
    mov     edi, edx
    and     edi, RING_BYTES - 1
    mov     [rbp + RING + rdi], al
    inc     rsi
    inc     rdx
    dec     ecx
    jnz     .next
    mov     [rbp + INPUT_HEAD], rdx
    mov     dword ptr [rbp + EDIT_COUNT], 0
    mov     dword ptr [rbp + PROMPTED], 0
    ret

; Returns CF clear, and at ANSWER OK, the count and the bytes of a line, or of a part of one that is
; longer; or CF set when no line is complete.
fetch_line:
    mov     rdx, [rbp + INPUT_TAIL]
    cmp     rdx, [rbp + INPUT_HEAD]
    je      .none
    xor     ecx, ecx
.next:
    mov     eax, edx
    and     eax, RING_BYTES - 1
    movzx   eax, byte ptr [rbp + RING + rax]
    inc     rdx
    cmp     al, END_OF_INPUT
    je      .end
    mov     [rbp + ANSWER + 2 * 8 + rcx], al
    inc     ecx
    cmp     al, '\n'
    je      .end
    cmp     al, INTERRUPT
    je      .end
    cmp     ecx, LINE_BYTES
    jb      .next
.end:
    mov     [rbp + ANSWER + 1 * 8], rcx
    mov     [rbp + INPUT_TAIL], rdx
    clc
    ret
.none:
    stc
    ret
