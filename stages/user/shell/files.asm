; Commands about files and names: ls, cat, names.

const SIZE_END    = 28                  ; column before which sizes end
const KIND_COLUMN = 30
const NAME_BYTES  = ModuleLimit.NAME_BYTES
const DATA        = User.BUFFER + Abi.REGISTER_WORDS * 8        ; word 10 of a message
const FILE        = SCRATCH + 0 * 8     ; cat: the file's index
const PRINTED      = SCRATCH + 1 * 8     ; how much of it has been printed
const LAST_BYTE   = SCRATCH + 2 * 8

do_ls:
    mov     qword ptr [rbp + SCRATCH], 0
.next:
    mov     rdx, [rbp + SCRATCH]
    inc     qword ptr [rbp + SCRATCH]
    mov     esi, FileRequest.LIST
    mov     edi, cap.files
    call    ask_item
    jc      .done
    mov     rdi, rdx
    mov     rsi, r8
    call    add_name
    mov     rdi, r9
    mov     esi, SIZE_END
    call    add_right
    mov     edi, KIND_COLUMN
    call    pad
    lea     rsi, [rip + text_program]
    cmp     r10, ModuleKind.PROGRAM
    je      .kind
    lea     rsi, [rip + text_file]
.kind:
    call    add_text
    call    end_line
    jmp     .next
.done:
    ret

do_cat:
    mov     rsi, [rbp + WORD_AT + 8]
    call    name_of
    mov     qword ptr [rbp + FILE], 0
.find:
    mov     rdx, [rbp + FILE]
    mov     esi, FileRequest.LIST
    mov     edi, cap.files
    call    ask
    jc      .done
    cmp     esi, Result.END
    je      .not_found
    call    complain
    jnz     .done
    cmp     rdx, [rbp + NAME]
    jne     .other
    cmp     r8, [rbp + NAME + 8]
    je      .found
.other:
    inc     qword ptr [rbp + FILE]
    jmp     .find
.not_found:
    mov     esi, Result.NOT_FOUND
    jmp     complain
.found:
    mov     qword ptr [rbp + PRINTED], 0
    mov     byte ptr [rbp + LAST_BYTE], '\n'
.read:
    mov     rdx, [rbp + FILE]
    mov     r8, [rbp + PRINTED]
    mov     esi, FileRequest.READ
    mov     edi, cap.files
    call    ask
    jc      .end
    cmp     esi, Result.END
    je      .end
    call    complain
    jnz     .end
    test    rdx, rdx
    jz      .end                        ; nothing more, although it did not say so
    add     [rbp + PRINTED], rdx
    mov     al, [rdx + DATA - 1]
    mov     [rbp + LAST_BYTE], al
    mov     esi, DATA
    mov     ecx, edx
    call    put_bytes
    jmp     .read
.end:
    cmp     byte ptr [rbp + LAST_BYTE], '\n'
    jne     end_line
    call    send                        ; what is left of the last line is its newline at most
    mov     ebp, STATE
.done:
    ret

do_names:
    mov     qword ptr [rbp + SCRATCH], 0
.next:
    mov     rdx, [rbp + SCRATCH]
    inc     qword ptr [rbp + SCRATCH]
    mov     esi, NameRequest.LIST
    mov     edi, cap.names
    call    ask_item
    jc      .done
    mov     rdi, rdx
    mov     rsi, r8
    call    add_name
    call    end_line
    jmp     .next
.done:
    ret
