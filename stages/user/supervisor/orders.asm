; What operators ask the supervisor: to kill, to start, to start again, and to end the machine.
;
; Jumped to by requests.asm's `asked`, as what is there. The supervisor itself is none of its own wards' business.

; Nothing of the ward is left afterwards, and it is not started again if that was planned.
ask_kill:
    call    choose
    call    is_own
    je      refuse_own
    cmp     dword ptr [rsi + WardState.space], 0
    jne     .kill                       ; alive, or what the image had of it is still there
    xor     eax, eax
    xchg    rax, [rsi + WardState.due]
    mov     esi, Result.NOT_FOUND
    test    rax, rax
    jz      answer_result               ; it has ended already
    jmp     .done
.kill:
    call    kill
.done:
    xor     esi, esi                    ; Result.OK
    jmp     answer_result

ask_restart:
    call    choose
    call    is_own
    je      refuse_own
    cmp     dword ptr [rdi + Ward.module], 0
    mov     eax, Result.NO_PROGRAM
    je      .refuse
    cmp     dword ptr [rsi + WardState.condition], Condition.NEVER_STARTED
    mov     eax, Result.NOT_FOUND
    je      .refuse
    call    kill
    call    ward
    inc     dword ptr [rsi + WardState.restarts]
    jmp     start_and_answer
.refuse:
    mov     esi, eax
    jmp     answer_result

ask_run:
    call    choose
    cmp     dword ptr [rsi + WardState.condition], Condition.ALIVE
    mov     esi, Result.EXISTS
    je      answer_result
    ; fall through

start_and_answer:
    call    ward
    mov     dword ptr [rsi + WardState.automatic], 0
    mov     qword ptr [rsi + WardState.due], 0
    call    start_ward
    test    esi, esi
    jnz     answer_result
    call    renew
    xor     esi, esi                    ; Result.OK
    jmp     answer_result

; ZF set when the chosen ward is the supervisor itself. Keeps rdi and rsi.
is_own:
    mov     eax, ROSTER
    mov     eax, [rax + Roster.own]
    cmp     [rbp + WARD], rax
    ret

refuse_own:
    mov     qword ptr [rbp + STATUS], Status.BAD_STATE
    mov     esi, Result.REFUSED
    jmp     answer_result

; Ends the ward, alive or not.
kill:
    call    ward
    mov     edi, [rsi + WardState.thread]
    mov     eax, Call.INSPECT << Abi.NUMBER_SHIFT
    call    kernel
    jnz     .no_thread
    call    ward
    mov     [rsi + WardState.nanoseconds], r12
.no_thread:
    call    ward
    mov     dword ptr [rsi + WardState.condition], Condition.KILLED
    mov     qword ptr [rsi + WardState.due], 0
    jmp     remove

; The end of an emulated machine; elsewhere nothing comes of it.
ask_finish:
    mov     eax, DebugExit.PASSED
    mov     ecx, DebugExit.FAILED
    cmp     qword ptr [rbp + FIRST_WORD], 0
    cmovne  eax, ecx
    mov     dx, DebugExit.SHELL_PORT
    out     dx, al
    xor     esi, esi                    ; Result.OK
    jmp     answer_result
