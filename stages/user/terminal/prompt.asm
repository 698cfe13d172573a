; Text that is printed while somebody types: the line that is typed on steps aside and comes back.
;
; `print_message` prints the text at WORDS; `note_prompt` makes a prompt of what stands on the last line, when
; a client begins to wait for one. A prompt, and what has been typed behind it, is wiped when somebody
; prints, and put down again below once that text has ended its line. A key that is pressed before that
; ends the line itself. rbp = STATE.

const OPEN_BYTES   = 80
const OPEN_COUNT   = INPUT              ; fields of STATE: text since the last newline, if not hidden
const COLUMN       = OPEN_COUNT + 4     ; how much of that stands there, hidden or not
const HIDDEN       = COLUMN + 4         ; 1 while prompt and typed line are wiped
const PROMPTED     = HIDDEN + 4         ; 1 when the text on the line is a prompt
const OPEN         = PROMPTED + 4
const LINE_INPUT   = OPEN + OPEN_BYTES  ; fields of line.asm

print_message:
    call    hide_line
    lea     rbx, [rbp + WORDS]
.next:
    movzx   edi, byte ptr [rbx]
    test    edi, edi
    jz      .end
    call    note_char
    call    put_char
    inc     rbx
    jmp     .next
.end:
    cmp     dword ptr [rbp + HIDDEN], 0
    je      .done
    cmp     dword ptr [rbp + COLUMN], 0
    je      show_line
.done:
    ret

; Keeps in mind what stands on the line when dil is printed behind it. Keeps rdi.
note_char:
    cmp     dil, '\n'
    je      .newline
    inc     dword ptr [rbp + COLUMN]
    cmp     dword ptr [rbp + HIDDEN], 0
    jne     .done
    mov     ecx, [rbp + OPEN_COUNT]
    cmp     ecx, OPEN_BYTES
    jae     .done
    mov     [rbp + OPEN + rcx], dil
    inc     dword ptr [rbp + OPEN_COUNT]
    ret
.newline:
    mov     dword ptr [rbp + COLUMN], 0
    cmp     dword ptr [rbp + HIDDEN], 0
    jne     .done
    mov     dword ptr [rbp + OPEN_COUNT], 0
    mov     dword ptr [rbp + PROMPTED], 0
.done:
    ret

note_prompt:
    cmp     dword ptr [rbp + HIDDEN], 0
    jne     .done
    cmp     dword ptr [rbp + OPEN_COUNT], 0
    je      .done
    mov     dword ptr [rbp + PROMPTED], 1
.done:
    ret

; Wipes prompt and typed line, if there are any.
hide_line:
    cmp     dword ptr [rbp + HIDDEN], 0
    jne     .done
    mov     eax, [rbp + PROMPTED]
    or      eax, [rbp + EDIT_COUNT]
    jz      .done
    mov     ebx, [rbp + OPEN_COUNT]
    add     ebx, [rbp + EDIT_COUNT]
    mov     dword ptr [rbp + HIDDEN], 1
    mov     dword ptr [rbp + COLUMN], 0
    mov     edi, '\r'
    call    put_char
.next:
    mov     edi, ' '
    call    put_char
    dec     ebx
    jnz     .next
    mov     edi, '\r'
    jmp     put_char
.done:
    ret

; Puts prompt and typed line down again.
show_line:
    mov     dword ptr [rbp + HIDDEN], 0
    mov     eax, [rbp + OPEN_COUNT]
    mov     [rbp + COLUMN], eax
    lea     rbx, [rbp + OPEN]
    mov     r12d, eax
    call    .print
    lea     rbx, [rbp + EDIT]
    mov     r12d, [rbp + EDIT_COUNT]
.print:
    dec     r12d
    js      .printed
    movzx   edi, byte ptr [rbx]
    call    put_char
    inc     rbx
    jmp     .print
.printed:
    ret

; Puts them down when a key is pressed, below what somebody else has not ended yet. Keeps rdi.
show_before_key:
    cmp     dword ptr [rbp + HIDDEN], 0
    je      .done
    push    rdi
    mov     edi, '\n'
    call    put_char
    call    show_line
    pop     rdi
.done:
    ret

; A typed line has ended.
end_prompt:
    mov     dword ptr [rbp + OPEN_COUNT], 0
    mov     dword ptr [rbp + COLUMN], 0
    mov     dword ptr [rbp + PROMPTED], 0
    mov     edi, '\n'
    jmp     put_char
