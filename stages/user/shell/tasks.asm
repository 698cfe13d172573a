; Commands about tasks: ps, caps, kill, restart, run. All are asked of the supervisor.

const STATE_COLUMN    = 17
const PRIORITY_END    = 37              ; columns before which numbers end
const TIME_END        = 49
const FRAMES_END      = 58
const RESTARTS_END    = 68
const TYPE_COLUMN     = 6
const RIGHTS_COLUMN   = 20
const BADGE_COLUMN    = 50
const RIGHTS_EACH     = 4               ; names of rights of one type
const RIGHT_SIZE      = 8               ; of such a name

do_ps:
    xor     edx, edx
    call    ask_for_task
    jc      .done
    lea     rsi, [rip + text_ps]
    call    add_text
    call    end_line
    mov     qword ptr [rbp + SCRATCH], 0
.next:
    mov     rdx, [rbp + SCRATCH]
    inc     qword ptr [rbp + SCRATCH]
    call    ask_for_task
    jc      .done
    mov     rdi, rdx
    mov     rsi, r8
    call    add_name
    mov     edi, STATE_COLUMN
    call    pad
    mov     edi, r9d
    lea     rsi, [rip + state_names]
    mov     eax, STATES
    call    add_entry
    mov     rdi, r10
    mov     esi, PRIORITY_END
    call    add_right
    mov     rax, rbx                    ; CPU time in ns
    xor     edx, edx
    mov     ecx, MILLION / TENTHS
    div     rcx
    xor     edx, edx
    mov     ecx, TENTHS
    div     rcx
    mov     rbx, rdx                    ; tenths of a ms
    mov     rdi, rax
    mov     esi, TIME_END - 2
    call    add_right
    lea     rsi, [rip + text_point]
    call    add_text
    mov     rdi, rbx
    call    add_decimal
    mov     rdi, r12
    mov     esi, FRAMES_END
    call    add_right
    mov     rdi, r13
    mov     esi, RESTARTS_END
    call    add_right
    call    end_line
    jmp     .next
.done:
    ret

; The supervisor's answer about the task with index rdx. CF set when there is none.
ask_for_task:
    mov     esi, SupervisorRequest.TASK
    mov     edi, cap.supervisor
    jmp     ask_item

do_caps:
    mov     rsi, [rbp + WORD_AT + 8]
    call    name_of
    xor     r9d, r9d
    call    ask_for_slot
    jc      .done
    lea     rsi, [rip + text_caps]
    call    add_text
    call    end_line
    mov     qword ptr [rbp + SCRATCH], 0
.next:
    mov     r9, [rbp + SCRATCH]
    inc     qword ptr [rbp + SCRATCH]
    call    ask_for_slot
    jc      .done
    test    rdx, rdx                    ; ObjectType.NONE
    jz      .next
    push    r9
    push    r8
    push    rdx
    mov     rdi, [rbp + SCRATCH]
    dec     rdi
    mov     esi, TYPE_COLUMN - 2
    call    add_right
    mov     edi, TYPE_COLUMN
    call    pad
    mov     edi, [rsp]
    lea     rsi, [rip + type_names]
    mov     eax, TYPES
    call    add_entry
    mov     edi, RIGHTS_COLUMN
    call    pad
    pop     rdi
    pop     rsi
    call    add_rights
    mov     edi, BADGE_COLUMN
    call    pad
    pop     rdi
    call    add_hex
    call    end_line
    jmp     .next
.done:
    ret

; The supervisor's answer about slot r9 of the task in NAME. CF set when there is none.
ask_for_slot:
    mov     rdx, [rbp + NAME]
    mov     r8, [rbp + NAME + 8]
    mov     esi, SupervisorRequest.CAPABILITY
    mov     edi, cap.supervisor
    jmp     ask_item

; Appends the names of the rights esi of a capability of type edi.
add_rights:
    cmp     edi, TYPES
    jae     .done
    mov     r12d, esi
    imul    edi, edi, RIGHTS_EACH * RIGHT_SIZE
    lea     rbx, [rip + rights_names]
    add     rbx, rdi
    mov     r13d, RIGHTS_EACH
.next:
    shr     r12d, 1
    jnc     .not_held
    mov     rdi, [rbx]
    xor     esi, esi
    call    add_name
    lea     rsi, [rip + text_blank]
    call    add_text
.not_held:
    add     rbx, RIGHT_SIZE
    dec     r13d
    jnz     .next
.done:
    ret

do_kill:
    mov     esi, SupervisorRequest.KILL
    jmp     ask_about_task
do_restart:
    mov     esi, SupervisorRequest.RESTART
    jmp     ask_about_task
do_run:
    mov     esi, SupervisorRequest.RUN
    ; fall through

; Makes the request esi about the task that the argument names. The supervisor itself says what came of it.
ask_about_task:
    push    rsi
    mov     rsi, [rbp + WORD_AT + 8]
    call    name_of
    pop     rsi
    mov     rdx, [rbp + NAME]
    mov     r8, [rbp + NAME + 8]
    mov     edi, cap.supervisor
    call    ask
    jc      .done
    call    complain
.done:
    ret
