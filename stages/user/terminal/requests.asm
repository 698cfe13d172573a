; What the console server is asked beside printing, and the clients that wait for a line.
;
; `request` is called with a message at WORDS that is no text. `serve_readers` is called whenever there may
; be a line. A client that READs before there is one is kept waiting by its right to a reply, saved in a
; slot of ours. Whether a slot is free is asked of the kernel: a client that dies empties its slot.

const READER_SLOT = 32 * Slot.size      ; the first of their slots: behind all that a manifest gives

; Returns CF clear, eax = Result, and the words behind it at ANSWER; or CF set when nothing is to be replied.
request:
    cmp     byte ptr [rbp + RECEIVED], 0
    je      unknown_request             ; without a word
    mov     rax, [rbp + WORDS]
    cmp     rax, ConsoleRequest.READ
    je      read
    cmp     rax, ConsoleRequest.DEVICES
    je      tell_devices
    cmp     rax, ConsoleRequest.KEY
    je      key
    cmp     rax, ConsoleRequest.KEYBOARD
    je      keyboard_found
unknown_request:
    mov     eax, Result.UNKNOWN_REQUEST
    clc
    ret

tell_devices:
    mov     eax, [rbp + DEVICES]
    xor     ecx, ecx
    test    al, SCREEN_BIT
    setnz   cl
    mov     [rbp + ANSWER + 1 * 8], rcx
    test    al, SERIAL_BIT
    setnz   cl
    mov     [rbp + ANSWER + 2 * 8], rcx
    test    al, KEYBOARD_BIT
    setnz   cl
    mov     [rbp + ANSWER + 3 * 8], rcx
ok:
    xor     eax, eax                    ; Result.OK; and CF clear
    ret

key:
    test    byte ptr [rbp + DEVICES], KEYBOARD_KNOWN
    jz      not_the_keyboard
    mov     rax, [rbp + BADGE]
    cmp     rax, [rbp + KEYBOARD_BADGE]
    jne     not_the_keyboard
    movzx   edi, byte ptr [rbp + WORDS + 1 * 8]
    call    take_char
    call    serve_readers
    jmp     ok

keyboard_found:
    mov     rax, [rbp + BADGE]
    test    byte ptr [rbp + DEVICES], KEYBOARD_KNOWN
    jnz     .known
    or      byte ptr [rbp + DEVICES], KEYBOARD_KNOWN
    mov     [rbp + KEYBOARD_BADGE], rax
.known:
    cmp     rax, [rbp + KEYBOARD_BADGE]
    jne     not_the_keyboard
    and     byte ptr [rbp + DEVICES], ~KEYBOARD_BIT
    cmp     qword ptr [rbp + WORDS + 1 * 8], 0
    je      ok
    or      byte ptr [rbp + DEVICES], KEYBOARD_BIT
    jmp     ok

not_the_keyboard:
    mov     qword ptr [rbp + ANSWER + 1 * 8], Status.NO_RIGHT
    mov     eax, Result.REFUSED
    clc
    ret

; A line that is there is for who waits longest, so only when nobody waits does the client get one at once.
read:
    cmp     byte ptr [rbp + KIND], Kind.SEND
    je      unknown_request             ; it awaits nothing
    cmp     dword ptr [rbp + READER_COUNT], 0
    jne     .wait
    call    fetch_line
    jnc     ok
.wait:
    push    READER_SLOT
.next:
    mov     edi, [rsp]
    mov     eax, Call.REPLY_SAVE << Abi.NUMBER_SHIFT
    syscall
    mov     ebp, STATE
    shr     eax, Abi.STATUS_SHIFT
    jz      .saved
    cmp     eax, Status.SLOT_BUSY
    jne     .left
    add     qword ptr [rsp], Slot.size
    cmp     qword ptr [rsp], READER_SLOT + MOST_READERS * Slot.size
    jb      .next
    pop     rax
    mov     eax, Result.NO_ROOM
    clc
    ret
.saved:
    mov     edi, [rsp]
    call    forget_reader               ; one that died, whose slot this was
    mov     ecx, [rbp + READER_COUNT]
    mov     [rbp + READERS + rcx * 4], edi
    inc     dword ptr [rbp + READER_COUNT]
    call    note_prompt
.left:
    pop     rax
    stc
    ret

; Takes the reader whose slot is edi out of the list, if it is there. Keeps rdi.
forget_reader:
    xor     ecx, ecx
.next:
    cmp     ecx, [rbp + READER_COUNT]
    jae     .done
    cmp     [rbp + READERS + rcx * 4], edi
    je      .found
    inc     ecx
    jmp     .next
.found:
    dec     dword ptr [rbp + READER_COUNT]
.move:
    cmp     ecx, [rbp + READER_COUNT]
    jae     .done
    mov     eax, [rbp + READERS + rcx * 4 + 4]
    mov     [rbp + READERS + rcx * 4], eax
    inc     ecx
    jmp     .move
.done:
    ret

; Gives the lines that are there to the clients that wait.
serve_readers:
    cmp     dword ptr [rbp + READER_COUNT], 0
    je      .done
    push    qword ptr [rbp + INPUT_TAIL]
    call    fetch_line
    jc      .no_line
    mov     edi, [rbp + READERS]
    call    forget_reader
    push    rdi
    call    load_answer
    pop     rdi
    mov     eax, Call.REPLY << Abi.NUMBER_SHIFT | Abi.REGISTER_WORDS
    syscall
    mov     ebp, STATE
    pop     rcx
    test    eax, Abi.STATUS_MASK
    jz      serve_readers
    mov     [rbp + INPUT_TAIL], rcx     ; the client has left: its line is the next one's
    jmp     serve_readers
.no_line:
    pop     rcx
.done:
    ret
