; The clock: wall time, and clients that sleep.
;
; Starts with an empty stack and no arguments, and serves ClockRequest. A sleeper is kept waiting by its
; right to a reply, saved in a slot; the deadline of this server's own wait is that of the first to wake.
; Whether a slot is free is asked of the kernel: a client that dies empties its slot, and what is left of
; its alarm wakes nobody. cmos.asm reads the date. A system call keeps only rsp; what lasts is at ALARMS.

const SLEEPERS   = 32
const ALARM_SLOT = 16 * Slot.size       ; the first of their slots: behind all that a manifest gives
const ALARMS     = User.BUFFER + 0x900  ; by slot: ns since boot; 0: none

clock:
    mov     edi, ALARMS
    mov     ecx, SLEEPERS
    xor     eax, eax
    rep stosq                           ; who is started again finds what it left
    mov     rdx, [rip + own_name]
    mov     r8, [rip + own_name + 8]
    call    register
.receive:
    call    first_alarm
    mov     r15, rax
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     .alarm
    cmp     ah, Kind.FAULT
    je      .fault
    cmp     ah, Kind.CALL
    jne     .receive                    ; nobody waits for an answer
    test    al, al
    jz      .unknown
    cmp     rsi, ClockRequest.NOW
    je      .now
    cmp     rsi, ClockRequest.SLEEP
    je      .sleep
.unknown:
    mov     esi, Result.UNKNOWN_REQUEST
    jmp     .result
.fault:
    mov     esi, FaultReply.STOP        ; to who made us its supervisor
    jmp     .result
.alarm:
    call    wake_sleepers
    jmp     .receive
.now:
    call    read_date
    push    rax
    call    now
    pop     r8
    mov     rdx, rsi
    xor     esi, esi                    ; Result.OK
    mov     eax, Call.REPLY << Abi.NUMBER_SHIFT | 3
    jmp     .reply
.sleep:
    push    rdx
    call    now
    pop     rdi
    cmp     rdi, rsi
    mov     esi, Result.OK
    jbe     .result
    call    save_sleeper
    jc      .receive
    mov     esi, Result.NO_ROOM
.result:
    xor     edx, edx                    ; the request's own words go back to who sent them
    mov     eax, Call.REPLY << Abi.NUMBER_SHIFT | 1
.reply:
    xor     edi, edi
    syscall
    jmp     .receive

; Returns rsi = ns since boot, and every other word 0.
now:
    mov     eax, Call.CLOCK << Abi.NUMBER_SHIFT
    syscall
    ret

; Returns rax = the earliest alarm.
first_alarm:
    mov     rax, Abi.FOREVER
    xor     ecx, ecx
.next:
    mov     rdx, [rcx * 8 + ALARMS]
    dec     rdx                         ; none becomes the latest of all
    cmp     rdx, rax
    jae     .later
    mov     rax, rdx
.later:
    inc     ecx
    cmp     ecx, SLEEPERS
    jb      .next
    cmp     rax, Abi.FOREVER
    je      .none
    inc     rax
.none:
    ret

; Keeps the caller waiting until rdi, in the first free slot. CF clear when there is none.
save_sleeper:
    push    rdi
    push    0
.next:
    mov     edi, [rsp]
    imul    edi, edi, Slot.size
    add     edi, ALARM_SLOT
    mov     eax, Call.REPLY_SAVE << Abi.NUMBER_SHIFT
    syscall
    shr     eax, Abi.STATUS_SHIFT
    jz      .saved
    cmp     eax, Status.SLOT_BUSY
    jne     .left                       ; the client has left
    inc     dword ptr [rsp]
    cmp     dword ptr [rsp], SLEEPERS
    jb      .next
    pop     rcx
    pop     rdi
    clc
    ret
.saved:
    mov     ecx, [rsp]
    mov     rax, [rsp + 8]
    mov     [rcx * 8 + ALARMS], rax
.left:
    pop     rcx
    pop     rdi
    stc
    ret

; Answers every sleeper whose time has come.
wake_sleepers:
    call    now
    push    rsi
    push    0
.next:
    mov     ecx, [rsp]
    mov     rax, [rcx * 8 + ALARMS]
    test    rax, rax
    jz      .later
    cmp     rax, [rsp + 8]
    ja      .later
    mov     qword ptr [rcx * 8 + ALARMS], 0
    mov     edi, ecx
    imul    edi, edi, Slot.size
    add     edi, ALARM_SLOT
    xor     esi, esi                    ; Result.OK
    mov     eax, Call.REPLY << Abi.NUMBER_SHIFT | 1
    syscall
.later:
    inc     dword ptr [rsp]
    cmp     dword ptr [rsp], SLEEPERS
    jb      .next
    pop     rcx
    pop     rsi
    ret

own_name:
    .ascii  "clock\0\0\0\0\0\0\0\0\0\0\0"
