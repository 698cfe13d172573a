; Starting a program: a Space of its own, and in it what its Program asks for.
;
; `start_ward` is called with rbp = STATE and WARD chosen, whose module it is, and returns esi = Result, with the
; kernel's refusal in STATUS. Everything but the Space itself is charged to that Space, so destroying it undoes all.

const FRAMES_ONCE  = 9                  ; beside pages: of a Space 3, of a Thread 2, page tables 3, and 1 for modules
const OBJECTS_ONCE = 3 + ThreadLimit.PORT_RANGES        ; beside pages: Thread, Endpoint, Notification, ports

start_ward:
    call    choose_program
    mov     esi, Result.NO_PROGRAM
    jz      .done
    call    make_space
    jnz     .undo
    call    make_thread
    jnz     .undo
    mov     qword ptr [rbp + COUNT], 0
.segment:
    mov     rcx, [rbp + PROGRAM]
    mov     eax, [rbp + COUNT]
    cmp     eax, [rcx + Program.segment_count]
    jae     .segments_done
    call    make_segment
    jnz     .undo
    inc     qword ptr [rbp + COUNT]
    jmp     .segment
.segments_done:
    call    make_stack
    jnz     .undo
    call    give_capabilities
    jnz     .undo
    call    now
    call    ward
    mov     [rsi + WardState.started], rax
    mov     dword ptr [rsi + WardState.condition], Condition.ALIVE
    mov     edi, [rsi + WardState.thread]
    mov     rcx, [rbp + PROGRAM]
    mov     rsi, [rcx + Program.entry]
    mov     edx, User.STACK_TOP
    xor     r8d, r8d
    mov     eax, Call.START << Abi.NUMBER_SHIFT | 3
    call    kernel
    jnz     .undo
    xor     esi, esi                    ; Result.OK
.done:
    ret
.undo:
    push    qword ptr [rbp + STATUS]
    call    remove
    pop     qword ptr [rbp + STATUS]
    call    ward
    mov     dword ptr [rsi + WardState.condition], Condition.KILLED
    mov     esi, Result.REFUSED
    ret

; Chooses the ward's PROGRAM. ZF set: it has none.
choose_program:
    call    ward
    mov     eax, [rdi + Ward.module]
    test    eax, eax
    jz      .none
    dec     eax
    imul    eax, eax, Module.size
    mov     ecx, DIRECTORY
    add     rcx, [rcx + rax + ModuleDirectory.modules + Module.offset]
    mov     [rbp + PROGRAM], rcx
    test    ecx, ecx                    ; ZF clear
.none:
    ret

; Makes an object of type esi, paid for by the Space edi, of words 2 up in r8, r9, r10, rbx, with eax words in all.
; Returns edi = its handle; ZF clear: the kernel refused.
create:
    call    take_slot
    jc      .full
    push    rdx
    add     eax, Call.CREATE << Abi.NUMBER_SHIFT
    call    create_in_steps
    pop     rdi
    ret
.full:
    mov     qword ptr [rbp + STATUS], Status.SLOT_BUSY
    test    esp, esp                    ; ZF clear
    ret

; The call, as often as it takes: the words are the same every time.
create_in_steps:
    push    rbx
    push    r10
    push    r9
    push    r8
    push    rdx
    push    rsi
    push    rdi
    push    rax
.again:
    mov     rax, [rsp + 0 * 8]
    mov     rdi, [rsp + 1 * 8]
    mov     rsi, [rsp + 2 * 8]
    mov     rdx, [rsp + 3 * 8]
    mov     r8, [rsp + 4 * 8]
    mov     r9, [rsp + 5 * 8]
    mov     r10, [rsp + 6 * 8]
    mov     rbx, [rsp + 7 * 8]
    call    kernel
    jz      .done
    cmp     qword ptr [rbp + STATUS], Status.AGAIN
    je      .again
.done:
    lea     rsp, [rsp + 8 * 8]       ; keeps the flags
    ret

; Makes the Space, with a budget for all that the Program has and may use while it runs.
make_space:
    mov     rcx, [rbp + PROGRAM]
    call    count_pages
    lea     r8, [rax + FRAMES_ONCE]
    lea     r9, [rax + OBJECTS_ONCE]
    mov     eax, [rcx + Program.capability_count]
    add     r9, rax                     ; a device interrupt each, at most
    mov     eax, [rcx + Program.frames]
    add     r8, rax
    mov     eax, [rcx + Program.objects]
    add     r9, rax
    mov     r10d, [rcx + Program.priority]
    mov     ebx, ProgramLimit.CAPABILITIES + 1  ; slots: the first is always empty
    call    own_space
    mov     esi, ObjectType.SPACE
    mov     eax, 6
    call    create
    jnz     .done
    call    state
    mov     [rsi + WardState.space], edi
    xor     eax, eax
.done:
    ret

; Returns edi = the handle of the supervisor's own Space. Keeps the others.
own_space:
    push    rax
    call    own_ward
    mov     edi, [rdi + Ward.space]
    pop     rax
    ret

; Returns rdi = the supervisor's own entry in the roster.
own_ward:
    mov     eax, ROSTER
    mov     eax, [rax + Roster.own]
    imul    edi, eax, Ward.size
    add     edi, ROSTER + Roster.wards
    ret

; Makes the Thread with its message buffer, its Endpoint and Notification, and has its faults told here.
make_thread:
    mov     rcx, [rbp + PROGRAM]
    call    ward
    mov     edi, [rsi + WardState.space]
    mov     r8d, edi
    mov     r9d, [rcx + Program.priority]
    mov     r10d, User.BUFFER
    mov     esi, ObjectType.THREAD
    mov     eax, 5
    call    create
    jnz     .done
    call    state
    mov     [rsi + WardState.thread], edi
    mov     eax, ObjectType.ENDPOINT
    call    make_served
    jnz     .done
    call    state
    mov     [rsi + WardState.endpoint], edi
    mov     eax, ObjectType.NOTIFICATION
    call    make_served
    jnz     .done
    call    state
    mov     [rsi + WardState.notification], edi
    call    supervise
    jnz     .done
    mov     rcx, [rbp + PROGRAM]
    test    dword ptr [rcx + Program.flags], ProgramFlags.fpu
    jz      .done                       ; ZF set
    mov     esi, ThreadPart.FPU
    mov     edx, 1
    jmp     write_thread
.done:
    ret

; Makes an object of type eax that the ward's Thread serves. Returns edi = its handle.
make_served:
    call    ward
    mov     edi, [rsi + WardState.space]
    mov     r8d, [rsi + WardState.thread]
    mov     esi, eax
    mov     eax, 3
    jmp     create

; The kernel will call the supervisor for the ward, with the ward's badge.
supervise:
    call    take_slot
    mov     qword ptr [rbp + STATUS], Status.SLOT_BUSY
    jc      .full
    push    rdx
    call    own_ward
    mov     ecx, [rdi + Ward.endpoint]
    call    ward
    mov     r9, [rdi + Ward.badge]
    mov     r8d, EndpointRights.call
    xor     esi, esi                    ; its own Space
    mov     edi, ecx
    mov     eax, Call.COPY << Abi.NUMBER_SHIFT | 4
    call    kernel
    pop     rdx
    jnz     .done
    push    rdx
    mov     esi, ThreadPart.SUPERVISOR
    call    write_thread
    pop     rdx
    jnz     .done
    jmp     give_slot_back
.full:
    test    esp, esp                    ; ZF clear
.done:
    ret

; Sets ThreadPart esi of the ward's Thread to rdx.
write_thread:
    mov     ecx, esi
    call    ward
    mov     edi, [rsi + WardState.thread]
    mov     esi, ecx
    mov     eax, Call.WRITE_THREAD << Abi.NUMBER_SHIFT | 2
    jmp     kernel
