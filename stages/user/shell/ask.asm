; Asking a service, and saying what is wrong when it does not do it.
;
; `ask` is called with edi = the handle of its Endpoint, esi = the request, rdx, r8, r9 = words 1 to 3. A
; service that was started again has a new Endpoint: when ours is dead, the name service, or else the
; supervisor, is asked for the one of that name, which takes its slot, and the request is made once more.

const REQUEST_WORDS = 4
const TEXT_SIZE     = 16                ; of an entry in the tables of status names

; Returns CF clear, esi = Result and the reply's other words in their registers, but word 9. CF set when there
; was no answer, which has been said.
ask:
    push    r9
    push    r8
    push    rdx
    push    rsi
    push    rdi
    call    call_service
    jz      .answered
    cmp     eax, Status.DEAD
    je      .find
    cmp     eax, Status.EMPTY
    jne     .failed
.find:
    push    rax
    mov     edi, [rsp + 8]
    call    find_service
    pop     rax
    jnz     .failed
    mov     rdi, [rsp + 0 * 8]
    mov     rsi, [rsp + 1 * 8]
    mov     rdx, [rsp + 2 * 8]
    mov     r8, [rsp + 3 * 8]
    mov     r9, [rsp + 4 * 8]
    call    call_service
    jnz     .failed
.answered:
    lea     rsp, [rsp + 5 * 8]
    clc
    ret
.failed:
    push    rax
    mov     edi, [rsp + 8]
    call    service_name
    call    add_text
    lea     rsi, [rip + text_no_answer]
    call    add_text
    pop     rdi
    call    add_status
    call    end_line
    add     rsp, 5 * 8
    stc
    ret

; `ask` for one thing of a list. CF set when there is no such thing, or no answer, which has been said.
ask_item:
    call    ask
    jc      .done
    cmp     esi, Result.END
    je      .none
    call    complain
    jnz     .none
    clc
    ret
.none:
    stc
.done:
    ret

; CALL with four words. ZF set when it was answered, else eax = Status.
call_service:
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | REQUEST_WORDS
    syscall
    mov     ebp, STATE
    and     eax, Abi.STATUS_MASK
    jz      .done
    shr     eax, Abi.STATUS_SHIFT       ; not 0 either
.done:
    ret

; Puts the Endpoint of the service with handle edi into its slot anew. ZF set: it is there. Whom the name
; service does not know, and where that is itself, the supervisor knows. Keeps NAME: the command's.
find_service:
    push    qword ptr [rbp + NAME]
    push    qword ptr [rbp + NAME + 8]
    push    rdi
    mov     esi, edi
    xor     edi, edi                    ; its own Space
    mov     eax, Call.DELETE << Abi.NUMBER_SHIFT | 1
    syscall
    mov     rdx, [rsp]
    mov     esi, ThreadPart.RECEIVE_SLOT
    xor     edi, edi                    ; itself
    mov     eax, Call.WRITE_THREAD << Abi.NUMBER_SHIFT | 2
    syscall
    mov     ebp, STATE
    test    eax, Abi.STATUS_MASK
    jnz     .done
    mov     edi, [rsp]
    call    service_name
    call    name_of
    mov     esi, NameRequest.LOOKUP
    mov     edi, cap.names
    cmp     [rsp], rdi
    je      .supervisor
    call    .ask
    jz      .done
.supervisor:
    mov     esi, SupervisorRequest.ENDPOINT
    mov     edi, cap.supervisor
    call    .ask
.done:
    pop     rdi
    pop     qword ptr [rbp + NAME + 8]
    pop     qword ptr [rbp + NAME]
    ret
.ask:
    mov     rdx, [rbp + NAME]
    mov     r8, [rbp + NAME + 8]
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | 3
    syscall
    mov     ebp, STATE
    test    eax, Abi.STATUS_MASK
    jnz     .asked
    cmp     esi, Result.OK
.asked:
    ret

; Returns rsi = the name of the service with handle edi.
service_name:
    lea     rsi, [rip + service_names]
.next:
    cmp     [rsi], edi
    lea     rsi, [rsi + 4]
    je      .found
    add     rsi, TEXT_SIZE
    jmp     .next
.found:
    ret

; Says why a request failed: esi = Result, rdx = Status when the kernel refused. ZF set, and nothing is said,
; when it did not fail.
complain:
    test    esi, esi
    jz      .done
    mov     ebx, esi
    mov     r12, rdx
    cmp     dword ptr [rbp + WORD_COUNT], 2
    jb      .no_argument
    mov     rsi, [rbp + WORD_AT + 8]
    call    add_text
    lea     rsi, [rip + text_colon]
    call    add_text
.no_argument:
    cmp     ebx, RESULTS
    jae     .unknown
    mov     rsi, [rbx * 8 + result_texts]
    call    add_text
    cmp     ebx, Result.REFUSED
    jne     .said
    mov     edi, r12d
    call    add_status
    jmp     .said
.unknown:
    lea     rsi, [rip + text_result]
    call    add_text
    mov     edi, ebx
    call    add_decimal
.said:
    call    end_line
    or      al, 1
.done:
    ret

; Appends the name of the Status edi.
add_status:
    lea     rsi, [rip + status_names]
    mov     eax, STATUSES
    ; fall through

; Appends entry edi of the table rsi, which has eax entries of TEXT_SIZE, or the number if it has none.
add_entry:
    cmp     edi, eax
    jae     add_decimal
    imul    eax, edi, TEXT_SIZE
    add     rsi, rax
    jmp     add_text
