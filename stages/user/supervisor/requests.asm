; What others ask the supervisor: SupervisorRequest.
;
; `asked` is jumped to with rbp = STATE, the words in MESSAGE, and CALLER, the ward that asks or -1. Each request ends
; in `answer` with its words, or in `answer_result` with esi = Result. What changes something is for operators, and in
; orders.asm.

const REQUESTS   = SupervisorRequest.ENDPOINT + 1
const FIRST_WORD = MESSAGE + 1 * 8
const SECOND     = MESSAGE + 2 * 8
const THIRD      = MESSAGE + 3 * 8

asked:
    mov     rax, [rbp + MESSAGE]
    cmp     rax, REQUESTS
    jae     unknown_request
    cmp     byte ptr [rax + for_operators], 0
    je      .allowed
    mov     rcx, [rbp + CALLER]
    test    rcx, rcx
    js      .refuse
    imul    ecx, ecx, Ward.size
    test    byte ptr [rcx + ROSTER + Roster.wards + Ward.flags], WardFlags.operator
    jz      .refuse
.allowed:
    jmp     [rax * 8 + requests]
.refuse:
    mov     qword ptr [rbp + STATUS], Status.NO_RIGHT
    mov     esi, Result.REFUSED
    jmp     answer_result

unknown_request:
    mov     esi, Result.UNKNOWN_REQUEST
    ; fall through

; Answers with Result esi, and with STATUS when the kernel refused.
answer_result:
    xor     edx, edx
    cmp     esi, Result.REFUSED
    jne     .no_status
    mov     rdx, [rbp + STATUS]
.no_status:
    mov     eax, 2
    jmp     answer

; The ward at the index, of those that were ever started.
ask_task:
    mov     qword ptr [rbp + WARD], 0
.next:
    mov     eax, ROSTER
    mov     eax, [rax + Roster.count]
    mov     esi, Result.END
    cmp     [rbp + WARD], rax
    jae     answer_result
    call    ward
    cmp     dword ptr [rsi + WardState.condition], Condition.NEVER_STARTED
    je      .other
    sub     qword ptr [rbp + FIRST_WORD], 1
    jb      .found
.other:
    inc     qword ptr [rbp + WARD]
    jmp     .next
.found:
    push    0                           ; page frames
    mov     edi, [rsi + WardState.space]
    mov     eax, Call.INSPECT << Abi.NUMBER_SHIFT
    call    kernel
    jnz     .no_space
    mov     [rsp], r10                  ; InspectedSpace.frames_used
.no_space:
    call    ward
    mov     edi, [rsi + WardState.thread]
    mov     eax, Call.INSPECT << Abi.NUMBER_SHIFT
    call    kernel
    jz      .thread
    xor     r9d, r9d
    xor     r10d, r10d
    xor     r12d, r12d
.thread:                                ; r9 = state, r10 = priority, r12 = CPU time: as the answer has them, but
    call    ward                        ; that a ward that has ended is told by how
    cmp     dword ptr [rsi + WardState.condition], Condition.ALIVE
    je      .alive
    mov     r9d, ThreadState.FAULTED
    cmp     dword ptr [rsi + WardState.condition], Condition.FAULTED
    je      .ended
    mov     r9d, ThreadState.EXITED
.ended:
    mov     r12, [rsi + WardState.nanoseconds]
.alive:
    mov     r13d, [rsi + WardState.restarts]
    mov     rbx, r12
    pop     r12
    mov     rdx, [rdi + Ward.name]
    mov     r8, [rdi + Ward.name + 8]
    xor     esi, esi                    ; Result.OK
    mov     eax, 8
    jmp     answer

; Chooses the ward that words 1 and 2 name: rdi, rsi as `ward`. Who is not there is answered at once.
choose:
    mov     rsi, [rbp + FIRST_WORD]
    mov     rdx, [rbp + SECOND]
    call    find_by_name
    jc      .nobody
    jmp     ward
.nobody:
    pop     rax                         ; the way back
    mov     esi, Result.NOT_FOUND
    jmp     answer_result

ask_memory:
    call    own_space
    mov     eax, Call.INSPECT << Abi.NUMBER_SHIFT
    call    kernel
    mov     rdx, r9                     ; the words of InspectedSpace from frame_limit on
    mov     r8, r10
    mov     r9, rbx
    mov     r10, r12
    xor     esi, esi                    ; Result.OK
    mov     eax, 5
    jmp     answer

; Who has the line is known of tasks of the image by the roster, of programs since they were started.
ask_interrupt:
    mov     rcx, [rbp + FIRST_WORD]
    mov     esi, Result.END
    cmp     rcx, RosterLimit.LINES
    jae     answer_result
    mov     edi, [rcx * 4 + ROSTER + Roster.irqs]
    call    inspect_irq
    jz      .taken
    mov     rcx, [rbp + FIRST_WORD]
    mov     edi, [rbp + rcx * 4 + IRQS]
    call    inspect_irq
    jz      .taken
    xor     edx, edx
    xor     r8d, r8d
    xor     r9d, r9d
    jmp     .answer
.taken:
    mov     r9, rbx                     ; InspectedIrq.count
    mov     r8, r10                     ; InspectedIrq.masked
    mov     edx, 1
.answer:
    xor     esi, esi                    ; Result.OK
    mov     eax, 4
    jmp     answer

; Inspects the Irq edi. ZF set: it is alive, and FIRST_WORD's.
inspect_irq:
    mov     eax, Call.INSPECT << Abi.NUMBER_SHIFT
    call    kernel
    jnz     .done
    cmp     rsi, ObjectType.IRQ
    jne     .done
    cmp     rdx, 1                      ; alive
    jne     .done
    cmp     r9, [rbp + FIRST_WORD]      ; InspectedIrq.line
.done:
    ret

; What slot word 3 of a ward's table holds.
ask_capability:
    call    choose
    mov     edi, [rsi + WardState.space]
    mov     esi, Result.NOT_FOUND
    test    edi, edi
    jz      answer_result
    mov     rsi, [rbp + THIRD]
    cmp     rsi, RosterLimit.SLOTS
    mov     eax, Result.END
    jae     .end
    imul    esi, esi, Slot.size
    mov     eax, Call.INSPECT << Abi.NUMBER_SHIFT | 1
    call    kernel
    jnz     .refused
    mov     r10, rdx                    ; the words of InspectedSlot: alive
    mov     rdx, rsi                    ; type; rights and badge are in their places
    jmp     .answer
.refused:
    xor     edx, edx
    xor     r8d, r8d
    xor     r9d, r9d
    xor     r10d, r10d
    cmp     qword ptr [rbp + THIRD], 0
    je      .answer                     ; always empty, and no handle
    cmp     qword ptr [rbp + STATUS], Status.EMPTY
    je      .answer
    mov     eax, Result.END
.end:
    mov     esi, eax
    jmp     answer_result
.answer:
    xor     esi, esi                    ; Result.OK
    mov     eax, 5
    jmp     answer

ask_report:
    mov     rcx, [rbp + CALLER]
    mov     [rbp + WARD], rcx
    call    judge_report
    xor     esi, esi                    ; Result.OK
    jmp     answer_result

; The reply carries the ward's Endpoint: how a client finds the name service again.
ask_endpoint:
    call    choose
    mov     eax, [rsi + WardState.endpoint]
    mov     esi, Result.NOT_FOUND
    test    eax, eax
    jz      answer_result
    mov     ecx, User.BUFFER
    mov     [rcx + MessageBuffer.capability], rax
    mov     qword ptr [rcx + MessageBuffer.capability_rights], EndpointRights.call | EndpointRights.grant
    xor     esi, esi                    ; Result.OK
    mov     eax, Abi.CAPABILITY | 1
    jmp     answer

    .align  8
requests:                               ; by SupervisorRequest
    .quad   unknown_request, ask_task, ask_kill, ask_restart, ask_run
    .quad   ask_memory, ask_interrupt, ask_capability, ask_finish, ask_report
    .quad   ask_endpoint
for_operators:
    .byte   0, 0, 1, 1, 1
    .byte   0, 0, 0, 1, 0
    .byte   0
