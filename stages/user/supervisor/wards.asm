; The wards: who they are, how one ends, and when it is started again.
;
; Called with rbp = STATE and WARD chosen. A ward that has ended is STOPPED by the answer to its fault and stays
; to be looked at, unless there is a program to start it again from: then its Space is destroyed, and all that
; was charged to it is free again.

const MILLISECOND = 1000000             ; in ns

; Returns rdi = the ward's entry in the roster, rsi = what is remembered of it. Keeps the others.
ward:
    imul    edi, [rbp + WARD], Ward.size
    add     edi, ROSTER + Roster.wards
    ; fall through

; Returns rsi = what is remembered of the ward. Keeps the others.
state:
    imul    esi, [rbp + WARD], WardState.size
    lea     rsi, [rbp + rsi + WARDS]
    ret

; Finds the ward whose badge is rdi: rcx = its place; -1: there is none. Keeps rax, rbx, rsi.
find_by_badge:
    mov     edx, ROSTER
    mov     r8d, [rdx + Roster.count]
    add     rdx, Roster.wards
    xor     ecx, ecx
    test    rdi, rdi
    jz      .nobody                     ; what those have that it is not told of
.next:
    cmp     ecx, r8d
    jae     .nobody
    cmp     [rdx + Ward.badge], rdi
    je      .found
    add     rdx, Ward.size
    inc     ecx
    jmp     .next
.nobody:
    mov     rcx, -1
.found:
    ret

; Chooses the ward of the name rsi rdx. CF: there is none.
find_by_name:
    mov     edi, ROSTER
    mov     r8d, [rdi + Roster.count]
    add     rdi, Roster.wards
    xor     ecx, ecx
.next:
    cmp     ecx, r8d
    jae     .nobody
    cmp     [rdi + Ward.name], rsi
    jne     .other
    cmp     [rdi + Ward.name + 8], rdx
    je      .found
.other:
    add     rdi, Ward.size
    inc     ecx
    jmp     .next
.nobody:
    stc
    ret
.found:
    mov     [rbp + WARD], rcx
    clc
    ret

; Takes over what the packer made: the wards of the image, and the slots that are in use.
adopt:
    mov     r8d, ROSTER
    mov     ecx, [r8 + Roster.first_free]
    lea     rdi, [rbp + OWNERS]
    mov     al, FIXED
    rep stosb
    mov     ecx, [r8 + Roster.slots]
    lea     rdi, [rbp + OWNERS]
    add     rdi, rcx
    sub     ecx, RosterLimit.SLOTS
    neg     ecx
    rep stosb                           ; those that there are not
    mov     qword ptr [rbp + WARD], 0
.next:
    call    ward
    mov     eax, [rdi + Ward.thread]
    test    eax, eax
    jz      .other
    mov     [rsi + WardState.thread], eax
    mov     eax, [rdi + Ward.space]
    mov     [rsi + WardState.space], eax
    mov     eax, [rdi + Ward.endpoint]
    mov     [rsi + WardState.endpoint], eax
    mov     dword ptr [rsi + WardState.condition], Condition.ALIVE
    mov     dword ptr [rsi + WardState.granted], 1
.other:
    inc     qword ptr [rbp + WARD]
    mov     eax, [r8 + Roster.count]
    cmp     [rbp + WARD], rax
    jb      .next
    ret

; A ward faulted or exited, and waits for the answer.
ended:
    mov     rcx, [rbp + CALLER]
    mov     [rbp + WARD], rcx
    test    rcx, rcx
    js      .unknown
    call    ward
    mov     rax, [rbp + MESSAGE + 8 * 8]
    mov     [rsi + WardState.nanoseconds], rax
    mov     rax, [rbp + MESSAGE + 3 * 8]
    mov     [rsi + WardState.code], rax
    mov     eax, Condition.EXITED
    mov     ecx, Condition.FAULTED
    cmp     qword ptr [rbp + MESSAGE], FaultKind.EXIT << 8
    cmovne  eax, ecx
    mov     [rsi + WardState.condition], eax
    je      .exited
    call    report_fault
    call    judge_fault
    jmp     .reported
.exited:
    call    report_exit
    call    judge_exit
.reported:
    mov     rcx, [rbp + CALLER]
    mov     [rbp + WARD], rcx
    call    ward
    cmp     dword ptr [rdi + Ward.module], 0
    je      .stop
    call    remove
    call    plan_restart
.stop:
    mov     esi, FaultReply.STOP        ; of who is removed nobody is told
    mov     eax, 1
    jmp     answer
.unknown:
    call    report_fault
    call    judge_fault
    jmp     .stop

; The console did not answer: wards may have ended while the supervisor waited for them, of which the kernel could
; not tell it.
look_after:
    cmp     qword ptr [rbp + UNHEARD], 0
    je      .done
    mov     qword ptr [rbp + UNHEARD], 0
    mov     qword ptr [rbp + WARD], 0
.next:
    call    ward
    cmp     dword ptr [rdi + Ward.module], 0
    je      .other
    cmp     dword ptr [rsi + WardState.condition], Condition.ALIVE
    jne     .other
    mov     edi, [rsi + WardState.thread]
    mov     eax, Call.INSPECT << Abi.NUMBER_SHIFT
    call    kernel
    jnz     .other
    mov     eax, Condition.FAULTED
    cmp     r9, ThreadState.FAULTED     ; InspectedThread.state
    je      .ended
    mov     eax, Condition.EXITED
    cmp     r9, ThreadState.EXITED
    jne     .other
.ended:
    call    ward
    mov     [rsi + WardState.condition], eax
    mov     [rsi + WardState.nanoseconds], r12
    mov     qword ptr [rsi + WardState.code], 1
    call    report_untold
    call    remove
    call    plan_restart
.other:
    inc     qword ptr [rbp + WARD]
    mov     eax, ROSTER
    mov     eax, [rax + Roster.count]
    cmp     [rbp + WARD], rax
    jb      .next
.done:
    ret

; Decides whether the ward, which has ended, is started again, and when.
plan_restart:
    call    ward
    cmp     byte ptr [rdi + Ward.restart], Restart.ON_FAULT
    jb      .done                       ; Restart.NEVER
    ja      .wanted                     ; Restart.ALWAYS
    cmp     dword ptr [rsi + WardState.condition], Condition.FAULTED
    je      .wanted
    cmp     qword ptr [rsi + WardState.code], 0
    je      .done
.wanted:
    movzx   eax, word ptr [rdi + Ward.restarts]
    cmp     [rsi + WardState.automatic], eax
    jae     report_given_up
    inc     dword ptr [rsi + WardState.automatic]
    mov     eax, [rdi + Ward.delay]
    imul    rax, rax, MILLISECOND
    add     rax, [rsi + WardState.started]
    mov     ecx, 1
    cmp     rax, rcx
    cmovb   rax, rcx                    ; 0 means never
    mov     [rsi + WardState.due], rax
.done:
    ret

; Starts the ward anew, which has ended.
start_again:
    call    ward
    mov     qword ptr [rsi + WardState.due], 0
    inc     dword ptr [rsi + WardState.restarts]
    call    start_ward
    test    esi, esi
    jnz     report_not_started
    call    renew
    jmp     report_restart

; Starts every program that is to run when the system is up.
start_programs:
    mov     qword ptr [rbp + WARD], 0
.next:
    call    ward
    test    byte ptr [rdi + Ward.flags], WardFlags.autostart
    jz      .other
    call    start_ward
    test    esi, esi
    jz      .other
    call    report_not_started
.other:
    inc     qword ptr [rbp + WARD]
    mov     eax, ROSTER
    mov     eax, [rax + Roster.count]
    cmp     [rbp + WARD], rax
    jb      .next
    ret

; Destroys the ward's Space with all that is charged to it, and empties the slots that it took here.
remove:
    call    ward
    mov     eax, [rsi + WardState.space]
    test    eax, eax
    jz      .slots
    push    rax
.again:
    mov     edi, [rsp]
    mov     eax, Call.DESTROY << Abi.NUMBER_SHIFT
    call    kernel
    jz      .destroyed
    cmp     qword ptr [rbp + STATUS], Status.AGAIN
    je      .again
.destroyed:
    pop     rax
    call    ward
    xor     eax, eax
    mov     [rsi + WardState.space], eax
    mov     [rsi + WardState.thread], eax
    mov     [rsi + WardState.endpoint], eax
    mov     [rsi + WardState.notification], eax
.slots:
    push    RosterLimit.SLOTS
.slot:
    dec     qword ptr [rsp]
    js      .done
    mov     ecx, [rsp]
    movzx   eax, byte ptr [rbp + rcx + OWNERS]
    dec     eax
    cmp     eax, [rbp + WARD]
    jne     .slot
    mov     byte ptr [rbp + rcx + OWNERS], FREE
    imul    esi, ecx, Slot.size
    xor     edi, edi                    ; its own Space
    mov     eax, Call.DELETE << Abi.NUMBER_SHIFT | 1
    call    kernel
    jmp     .slot
.done:
    pop     rax
    ret

; Returns edx = the handle of an empty slot, which the ward has from now on. CF: there is none. Keeps the others.
take_slot:
    push    rcx
    push    rax
    xor     ecx, ecx
.next:
    cmp     byte ptr [rbp + rcx + OWNERS], FREE
    je      .found
    inc     ecx
    cmp     ecx, RosterLimit.SLOTS
    jb      .next
    pop     rax
    pop     rcx
    stc
    ret
.found:
    mov     eax, [rbp + WARD]
    inc     eax
    mov     [rbp + rcx + OWNERS], al
    imul    edx, ecx, Slot.size
    pop     rax
    pop     rcx
    clc
    ret

; Empties the slot edx, which the ward had.
give_slot_back:
    mov     esi, edx
    mov     eax, edx
    xor     edx, edx
    mov     ecx, Slot.size
    div     ecx
    mov     byte ptr [rbp + rax + OWNERS], FREE
    xor     edi, edi                    ; its own Space
    mov     eax, Call.DELETE << Abi.NUMBER_SHIFT | 1
    jmp     kernel
