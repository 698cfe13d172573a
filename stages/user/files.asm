; The file server: the boot modules, by index.
;
; Starts with an empty stack and no arguments, and serves FileRequest. It sees the modules read-only behind their
; directory at User.MODULES; what it sends beyond the registers goes through its message buffer.

const DIRECTORY  = User.MODULES
const DATA       = User.BUFFER + Abi.REGISTER_WORDS * 8     ; word 10
const MOST_BYTES = FileLimit.READ_BYTES

files:
    mov     rdx, [rip + own_name]
    mov     r8, [rip + own_name + 8]
    call    register
.receive:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     files.receive
    cmp     ah, Kind.FAULT
    je      .fault
    cmp     ah, Kind.CALL
    jne     files.receive               ; it wants no answer
    cmp     rsi, FileRequest.LIST
    je      list
    cmp     rsi, FileRequest.READ
    je      read
    mov     esi, Result.UNKNOWN_REQUEST
    jmp     reply
.fault:
    mov     esi, FaultReply.STOP        ; to who made us its supervisor
    ; fall through

; Answers with Result esi alone.
reply:
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 1
    jmp     files.serve

list:
    call    find_module
    mov     esi, Result.END
    jc      reply
    mov     rdx, [rcx + Module.name]
    mov     r8, [rcx + Module.name + 8]
    mov     r9, [rcx + Module.length]
    mov     r10d, [rcx + Module.kind]
    xor     esi, esi                    ; Result.OK
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 5
    jmp     files.serve

; rdx = index, r8 = offset.
read:
    call    find_module
    mov     esi, Result.END
    jc      reply
    mov     rdx, [rcx + Module.length]
    sub     rdx, r8
    jbe     reply                       ; nothing is behind the offset
    mov     eax, MOST_BYTES
    cmp     rdx, rax
    cmova   rdx, rax
    mov     esi, DIRECTORY
    add     rsi, [rcx + Module.offset]
    add     rsi, r8
    mov     edi, DATA
    mov     ecx, edx
    rep movsb
    lea     eax, [rdx + 7]
    shr     eax, 3                      ; bytes to words
    add     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | Abi.REGISTER_WORDS
    xor     esi, esi                    ; Result.OK
    jmp     files.serve

; Returns rcx = the directory's entry rdx; CF: there is none. Keeps rdx and r8.
find_module:
    mov     ecx, DIRECTORY
    mov     eax, [rcx + ModuleDirectory.count]
    cmp     rdx, rax
    cmc
    jc      .done
    imul    eax, edx, Module.size
    lea     rcx, [rcx + rax + ModuleDirectory.modules]
    clc
.done:
    ret

own_name:
    .ascii  "files\0\0\0\0\0\0\0\0\0\0\0"
