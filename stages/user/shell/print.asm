; Printing beyond what lib.asm does: columns, and text of any length.
;
; All are called with rbp = STATE and keep it. `pad` and `add_right` keep rbx and r8 to r15, `end_line`,
; `put_text` and `put_bytes` make system calls.

const TENTHS = 10
const RUBOUT = 0x7f                     ; the one control character above the others

; Appends blanks up to column edi; at least one.
pad:
    lea     rsi, [rip + text_blank]
    push    rdi
    call    add_text
    pop     rdi
    mov     eax, LINE
    cmp     [rax + LINE_BYTES], edi
    jb      pad
    ret

; Appends the number rdi, so that its last digit stands before column esi.
add_right:
    mov     rax, rdi
    mov     ecx, TENTHS
.digit:
    dec     esi
    xor     edx, edx
    div     rcx
    test    rax, rax
    jnz     .digit
    push    rdi
    mov     edi, esi
    call    pad
    pop     rdi
    jmp     add_decimal

; Appends the number rdi with two digits at least.
add_two_digits:
    cmp     rdi, TENTHS
    jae     add_decimal
    push    rdi
    lea     rsi, [rip + text_zero]
    call    add_text
    pop     rdi
    jmp     add_decimal

; Appends rdi ns as seconds, with ms behind the point.
add_seconds:
    mov     rax, rdi
    xor     edx, edx
    mov     ecx, MILLION
    div     rcx
    xor     edx, edx
    mov     ecx, THOUSAND
    div     rcx
    push    rdx                         ; ms
    mov     rdi, rax
    call    add_decimal
    lea     rsi, [rip + text_point]
    call    add_text
    pop     rdi
    cmp     edi, THOUSAND / TENTHS
    jae     add_decimal
    push    rdi
    lea     rsi, [rip + text_zero]
    call    add_text
    pop     rdi
    jmp     add_two_digits

; Appends the name of 16 bytes in rdi and rsi.
add_name:
    push    0
    push    rsi
    push    rdi
    mov     rsi, rsp
    call    add_text
    add     rsp, 24
    ret

; Puts the text at rsi into NAME, padded with zeros. What is longer than a name can be becomes one that nobody has.
; Keeps rsi.
name_of:
    mov     qword ptr [rbp + NAME], 0
    mov     qword ptr [rbp + NAME + 8], 0
    xor     ecx, ecx
.next:
    mov     al, [rsi + rcx]
    test    al, al
    jz      .done
    cmp     ecx, NAME_BYTES
    jae     .too_long
    mov     [rbp + rcx + NAME], al
    inc     ecx
    jmp     .next
.too_long:
    mov     qword ptr [rbp + NAME], -1
.done:
    ret

; Ends the line that was put together.
end_line:
    mov     eax, LINE
    cmp     dword ptr [rax + LINE_BYTES], LINE_BYTES
    jb      .room
    call    send
.room:
    call    flush
    mov     ebp, STATE
    ret

; Appends the zero-terminated text at rsi, of any length: full lines are sent as they are.
put_text:
    mov     ecx, -1
.length:
    inc     ecx
    cmp     byte ptr [rsi + rcx], 0
    jne     .length
    ; fall through

; Appends ecx bytes at rsi, likewise. Of control characters newline and tab go out, others show as a point.
put_bytes:
    test    ecx, ecx
    jz      .done
    mov     eax, LINE
    mov     edx, [rax + LINE_BYTES]
    cmp     edx, LINE_BYTES
    jb      .room
    push    rcx
    push    rsi
    call    send
    mov     ebp, STATE
    pop     rsi
    pop     rcx
    jmp     put_bytes
.room:
    mov     dil, [rsi]
    cmp     dil, ' '
    jae     .printable
    cmp     dil, '\n'
    je      .put
    cmp     dil, '\t'
    je      .put
.control:
    mov     dil, '.'
.printable:
    cmp     dil, RUBOUT
    je      .control
.put:
    mov     [rax + rdx], dil
    inc     edx
    mov     [rax + LINE_BYTES], edx
    inc     rsi
    dec     ecx
    jmp     put_bytes
.done:
    ret
