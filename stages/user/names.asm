; The name service: Endpoints by name.
;
; Starts with an empty stack and no arguments, and serves NameRequest. A registered Endpoint comes into the slot
; RECEIVED and moves on to its entry's. Whether it is alive is asked of the kernel whenever it matters, so a
; server that died is simply not there, and the one that is started in its place takes the name over.
;
; A system call keeps only rsp. What is remembered lies at STATE, and rbp is set to it again after each.

const ENTRIES    = 32
const ENTRY_SIZE = 16
const RECEIVED   = 16 * Slot.size       ; the slot that a capability comes into
const FIRST      = 17 * Slot.size       ; those of the entries follow it
const GIVEN      = EndpointRights.call | EndpointRights.grant

const NAMES      = 0                    ; each entry's name, two words; 0: it is free
const ENTRY      = ENTRIES * ENTRY_SIZE ; the entry that is looked at
const NAME       = ENTRY + 8            ; words 1 and 2 of the request
const INDEX      = NAME                 ; or word 1 alone
const CAME       = NAME + 16            ; non-zero: a capability came with it
const STATE_SIZE = CAME + 8
const STATE      = User.STACK_TOP - STATE_SIZE
const BUFFER     = User.BUFFER

names:
    mov     esp, STATE
    mov     edi, STATE
    mov     ecx, STATE_SIZE / 8
    xor     eax, eax
    rep stosq
    mov     esi, ThreadPart.RECEIVE_SLOT
    mov     edx, RECEIVED
    xor     edi, edi                    ; its own
    mov     eax, Call.WRITE_THREAD << Abi.NUMBER_SHIFT | 2
    syscall
receive:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
received:
    xor     ebp, ebp                    ; all ten words travel
    syscall
    mov     ebp, STATE
    test    eax, Abi.STATUS_MASK
    jnz     .failed
    mov     [rbp + NAME], rdx
    mov     [rbp + NAME + 8], r8
    mov     ecx, eax
    and     ecx, Abi.RECEIVED
    mov     [rbp + CAME], rcx
    cmp     ah, Kind.FAULT
    je      .fault
    cmp     ah, Kind.CALL
    jne     .dropped                    ; it wants no answer
    cmp     rsi, NameRequest.REGISTER
    je      register
    cmp     rsi, NameRequest.LOOKUP
    je      look_up
    cmp     rsi, NameRequest.LIST
    je      list
    mov     esi, Result.UNKNOWN_REQUEST
    jmp     reply
.fault:
    mov     esi, FaultReply.STOP        ; to who made us its supervisor
    jmp     reply
.dropped:
    call    drop_received
    jmp     receive
.failed:
    mov     esi, Result.REFUSED         ; a reply that could not be sent is still owed
    xor     edi, edi
    mov     eax, Call.REPLY << Abi.NUMBER_SHIFT | 1
    syscall
    jmp     receive

; Answers with Result esi, and receives.
reply:
    push    rsi
    call    drop_received
    pop     rsi
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 1
    jmp     received

; Empties the slot of a capability that came, so that the next finds it free.
drop_received:
    cmp     qword ptr [rbp + CAME], 0
    je      .done
    xor     edi, edi                    ; its own Space
    mov     esi, RECEIVED
    mov     eax, Call.DELETE << Abi.NUMBER_SHIFT | 1
    syscall
    mov     ebp, STATE
.done:
    ret

; The name gets the Endpoint that came, unless one that is alive has it.
register:
    mov     esi, Result.BAD_ARGUMENT
    cmp     qword ptr [rbp + NAME], 0
    je      reply
    cmp     qword ptr [rbp + CAME], 0
    je      reply
    mov     edi, RECEIVED
    mov     eax, Call.INSPECT << Abi.NUMBER_SHIFT
    syscall
    mov     ebp, STATE
    test    eax, Abi.STATUS_MASK
    jnz     .refuse
    cmp     rsi, ObjectType.ENDPOINT
    jne     .refuse
    test    rdx, rdx                    ; alive
    jz      .refuse
    and     r8d, GIVEN                  ; rights
    test    r8d, EndpointRights.call
    jz      .refuse
    push    r8
    call    take_entry
    pop     r8
    test    esi, esi
    jnz     reply
    call    entry_slot
    mov     edx, edi
    xor     esi, esi                    ; its own Space
    mov     edi, RECEIVED
    mov     eax, Call.COPY << Abi.NUMBER_SHIFT | 3
    syscall
    mov     ebp, STATE
    test    eax, Abi.STATUS_MASK
    jnz     .refuse
    call    entry_name
    mov     rax, [rbp + NAME]
    mov     [rdi], rax
    mov     rax, [rbp + NAME + 8]
    mov     [rdi + 8], rax
    xor     esi, esi                    ; Result.OK
    jmp     reply
.refuse:
    mov     esi, Result.BAD_ARGUMENT
    jmp     reply

; Chooses the entry for NAME: its own when that is dead, else a free one. Returns esi = the Result.
take_entry:
    mov     rsi, [rbp + NAME]
    mov     rdx, [rbp + NAME + 8]
    call    find_entry
    jc      .another
    call    check_entry
    jz      .taken
    mov     esi, Result.EXISTS
    ret
.another:
    call    find_free
    jnc     .taken
    call    sweep
    call    find_free
    jnc     .taken
    mov     esi, Result.NO_ROOM
    ret
.taken:
    xor     esi, esi                    ; Result.OK
    ret

; The reply carries the Endpoint of the name.
look_up:
    mov     esi, Result.NOT_FOUND
    mov     rax, [rbp + NAME]
    test    rax, rax
    jz      reply                       ; what a free entry has
    mov     rsi, rax
    mov     rdx, [rbp + NAME + 8]
    call    find_entry
    jc      .not_found
    call    check_entry
    jz      .not_found
    call    drop_received
    call    entry_slot
    mov     ecx, BUFFER
    mov     [rcx + MessageBuffer.capability], rdi
    mov     qword ptr [rcx + MessageBuffer.capability_rights], GIVEN
    xor     esi, esi                    ; Result.OK
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | Abi.CAPABILITY | 1
    jmp     received
.not_found:
    mov     esi, Result.NOT_FOUND
    jmp     reply

; Answers with the name at the index, of those whose Endpoint is alive.
list:
    mov     qword ptr [rbp + ENTRY], 0
.next:
    call    entry_name
    cmp     qword ptr [rdi], 0
    je      .other
    call    check_entry
    jz      .other
    sub     qword ptr [rbp + INDEX], 1
    jb      .found
.other:
    inc     qword ptr [rbp + ENTRY]
    cmp     qword ptr [rbp + ENTRY], ENTRIES
    jb      .next
    mov     esi, Result.END
    jmp     reply
.found:
    call    drop_received
    call    entry_name
    mov     rdx, [rdi]
    mov     r8, [rdi + 8]
    xor     esi, esi                    ; Result.OK
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 3
    jmp     received

; Makes every entry free whose Endpoint is dead.
sweep:
    mov     qword ptr [rbp + ENTRY], 0
.next:
    call    check_entry
    inc     qword ptr [rbp + ENTRY]
    cmp     qword ptr [rbp + ENTRY], ENTRIES
    jb      .next
    ret

; Finds the entry of the name rsi rdx. CF: there is none.
find_free:
    xor     esi, esi
    xor     edx, edx
find_entry:
    xor     ecx, ecx
    lea     rdi, [rbp + NAMES]
.next:
    cmp     [rdi], rsi
    jne     .other
    cmp     [rdi + 8], rdx
    je      .found                      ; CF is clear
.other:
    add     rdi, ENTRY_SIZE
    inc     ecx
    cmp     ecx, ENTRIES
    jb      .next
    stc
    ret
.found:
    mov     [rbp + ENTRY], rcx
    ret

; ZF clear when the entry's Endpoint is alive; else the entry is free afterwards.
check_entry:
    call    entry_slot
    mov     eax, Call.INSPECT << Abi.NUMBER_SHIFT
    syscall
    mov     ebp, STATE
    test    eax, Abi.STATUS_MASK
    jnz     .free                       ; its slot is empty
    test    rdx, rdx                    ; alive
    jnz     .done
    call    entry_slot
    mov     esi, edi
    xor     edi, edi                    ; its own Space
    mov     eax, Call.DELETE << Abi.NUMBER_SHIFT | 1
    syscall
    mov     ebp, STATE
.free:
    call    entry_name
    xor     eax, eax
    mov     [rdi], rax
    mov     [rdi + 8], rax
    test    eax, eax
.done:
    ret

; Returns edi = the handle of the entry's slot.
entry_slot:
    mov     edi, [rbp + ENTRY]
    imul    edi, edi, Slot.size
    add     edi, FIRST
    ret

; Returns rdi = where the entry's name is.
entry_name:
    mov     edi, [rbp + ENTRY]
    imul    edi, edi, ENTRY_SIZE
    lea     rdi, [rbp + rdi + NAMES]
    ret
