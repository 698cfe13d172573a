; What the manifest gave a task of the image: given again to one that is started again, and given anew to all who hold
; a capability for one that is.
;
; Called with rbp = STATE. `give_granted` is jumped to by grants.asm's `give_capabilities`, with WARD and PROGRAM
; chosen, and goes on with `give_ports` there; ZF clear: the kernel refused. `renew` is called with WARD chosen, which
; has just been started, and keeps it. Who has the roster knows Grants of tasks of the image; of a program it knows the
; names that it asked for.

give_granted:
    call    ward
    mov     eax, [rdi + Ward.grant_count]
    cmp     [rbp + COUNT], rax
    jae     .given
    mov     eax, [rbp + COUNT]
    call    choose_grant
    call    give_grant
    jnz     .refused
    inc     qword ptr [rbp + COUNT]
    jmp     give_granted
.given:
    mov     dword ptr [rsi + WardState.granted], 1
    jmp     give_ports
.refused:
    ret

; Chooses Grant eax of the ward: rcx = GRANT.
choose_grant:
    call    ward
    imul    eax, eax, Grant.size
    mov     ecx, [rdi + Ward.grants]
    add     ecx, eax
    mov     [rbp + GRANT], rcx
    ret

; Copies what GRANT says to the ward's table. Whoever is not there cannot be named: then the slot stays empty.
give_grant:
    mov     rcx, [rbp + GRANT]
    movzx   eax, byte ptr [rcx + Grant.type]
    movzx   edi, word ptr [rcx + Grant.target]
    cmp     eax, ObjectType.IRQ
    je      give_granted_irq
    cmp     eax, ObjectType.FRAME
    je      .copy
    cmp     eax, ObjectType.HARDWARE
    je      .hardware
    imul    esi, edi, WardState.size
    lea     rsi, [rbp + rsi + WARDS]
    mov     edi, [rsi + WardState.endpoint]
    cmp     eax, ObjectType.ENDPOINT
    je      .copy
    mov     edi, [rsi + WardState.space]
    cmp     eax, ObjectType.SPACE
    je      .copy
    mov     edi, [rsi + WardState.thread]
    jmp     .copy
.hardware:
    mov     edi, cap.hardware
.copy:
    test    edi, edi
    jz      missing
    mov     r9, [rcx + Grant.badge]
    cmp     eax, ObjectType.ENDPOINT
    mov     eax, Call.COPY << Abi.NUMBER_SHIFT | 3
    jne     copy_granted
    inc     eax                         ; the badge is a word more
    ; fall through

; COPY with its number and words in eax, of the capability edi to GRANT's slot with its rights; r9 = badge.
copy_granted:
    mov     rcx, [rbp + GRANT]
    movzx   r8d, byte ptr [rcx + Grant.rights]
    movzx   edx, word ptr [rcx + Grant.slot]
    mov     ecx, edi
    call    ward
    mov     esi, [rsi + WardState.space]
    mov     edi, ecx
    call    kernel
    jz      .done
    cmp     qword ptr [rbp + STATUS], Status.DEAD
    je      missing
.done:
    ret

; The device interrupt of line edi, which the image's own Irq has as long as that is there.
give_granted_irq:
    push    rdi
    mov     edi, [rdi * 4 + ROSTER + Roster.irqs]
    mov     eax, Call.DESTROY << Abi.NUMBER_SHIFT
    call    kernel                      ; DEAD from the second time on
    call    ward
    mov     edi, [rsi + WardState.space]
    mov     rcx, [rbp + GRANT]
    mov     rbx, [rcx + Grant.badge]    ; the bits that it signals
    mov     r10d, [rsi + WardState.notification]
    mov     r9, [rsp]
    mov     r8d, cap.hardware
    mov     esi, ObjectType.IRQ
    mov     eax, 6
    call    create
    pop     rcx
    jnz     .refused
    mov     [rbp + rcx * 4 + IRQS], edi
    mov     eax, Call.COPY << Abi.NUMBER_SHIFT | 3
    jmp     copy_granted
.refused:
    ret

; Puts capabilities for the ward that was started into every slot in which the packer or the supervisor had put one,
; and which is dead now. Programs are found by their names instead.
renew:
    call    ward
    cmp     dword ptr [rdi + Ward.space], 0
    je      .no_task
    mov     rax, [rbp + WARD]
    mov     [rbp + RENEWED], rax
    mov     qword ptr [rbp + WARD], 0
.next:
    call    ward
    cmp     dword ptr [rsi + WardState.space], 0
    je      .other
    mov     qword ptr [rbp + COUNT], 0
    cmp     dword ptr [rsi + WardState.granted], 0
    je      .program
    call    renew_granted
    jmp     .other
.program:
    call    choose_program
    jz      .other
    call    renew_asked
.other:
    inc     qword ptr [rbp + WARD]
    mov     eax, ROSTER
    mov     eax, [rax + Roster.count]
    cmp     [rbp + WARD], rax
    jb      .next
    mov     rax, [rbp + RENEWED]
    mov     [rbp + WARD], rax
.no_task:
    ret

; Of a table that is as Grants say.
renew_granted:
    call    ward
    mov     eax, [rdi + Ward.grant_count]
    cmp     [rbp + COUNT], rax
    jae     .done
    mov     eax, [rbp + COUNT]
    inc     qword ptr [rbp + COUNT]
    call    choose_grant
    movzx   eax, byte ptr [rcx + Grant.type]
    cmp     eax, ObjectType.ENDPOINT
    je      .of_ward
    cmp     eax, ObjectType.SPACE
    je      .of_ward
    cmp     eax, ObjectType.THREAD
    jne     renew_granted
.of_ward:
    movzx   eax, word ptr [rcx + Grant.target]
    cmp     [rbp + RENEWED], rax
    jne     renew_granted
    movzx   esi, word ptr [rcx + Grant.slot]
    movzx   edx, byte ptr [rcx + Grant.type]
    call    empty_dead
    jnz     renew_granted
    call    give_grant
    jmp     renew_granted
.done:
    ret

; Of a table that is as its PROGRAM asked.
renew_asked:
    mov     rcx, [rbp + PROGRAM]
    mov     eax, [rbp + COUNT]
    cmp     eax, [rcx + Program.capability_count]
    jae     .done
    imul    eax, eax, NAME_BYTES
    lea     rcx, [rcx + rax + Program.capabilities]
    imul    edi, [rbp + RENEWED], Ward.size
    add     edi, ROSTER + Roster.wards
    mov     rax, [rdi + Ward.name]
    cmp     [rcx], rax
    jne     .other
    mov     rax, [rdi + Ward.name + 8]
    cmp     [rcx + 8], rax
    jne     .other
    mov     esi, [rbp + COUNT]
    inc     esi
    imul    esi, esi, Slot.size
    mov     edx, ObjectType.ENDPOINT
    push    rcx
    call    empty_dead
    pop     rcx
    jnz     .other
    mov     rsi, [rcx]
    mov     rdx, [rcx + 8]
    call    give_endpoint
.other:
    inc     qword ptr [rbp + COUNT]
    jmp     renew_asked
.done:
    ret

; Empties slot esi of the ward's table. ZF clear: it holds something else than a dead capability of type edx.
empty_dead:
    push    rsi
    push    rdx
    mov     eax, esi
    call    ward
    mov     edi, [rsi + WardState.space]
    mov     esi, eax
    mov     eax, Call.INSPECT << Abi.NUMBER_SHIFT | 1
    call    kernel
    pop     rcx
    pop     rax
    jnz     .done
    cmp     rsi, rcx                    ; InspectedSlot.type
    jne     .done
    test    rdx, rdx                    ; InspectedSlot.alive
    jnz     .done
    mov     edx, eax
    call    ward
    mov     edi, [rsi + WardState.space]
    mov     esi, edx
    mov     eax, Call.DELETE << Abi.NUMBER_SHIFT | 1
    call    kernel
.done:
    ret
