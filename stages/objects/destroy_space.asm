; destroy: Spaces, with all that they pay for.
;
; Jumped to by destroy.asm with rbx = T, rdi = offset of the Space's header, r15d = the work that may be
; done. In this order go its threads, its slots, the mappings into it, the objects of its account, its
; page tables, and then its budget goes back to its parent. A child Space among the objects goes the
; same way first: the innermost that is dying is always the one that is worked on, so nothing here calls
; itself. Neither the caller's own Space nor one above it can be destroyed by it, nor one that pays for
; the caller.

const UNIT_BITS   = Page.LARGE_SHIFT    ; page tables are passed in units of what one maps
const IN_DIRECTORY   = (1 << INDEX_BITS) - 1            ; the bits of a unit's number within a directory,
const IN_DIRECTORIES = (1 << 2 * INDEX_BITS) - 1        ; and within a table of directories
const UNITS       = 1 << (TOP_SHIFT + INDEX_BITS - 1 - UNIT_BITS)   ; of the lower half

call_destroy_space:
    mov     r12, rdi                    ; r12 = its header's offset
    mov     rdi, [rbx + Thread.space]
    call    .is_above
    je      .own
    mov     rdi, [rbx + Thread.object]
    mov     edi, [rdi + objects + ObjectHeader.account]
    call    .is_above
    je      .own
    mov     byte ptr [r12 + objects + ObjectHeader.state], ObjectState.DYING
    call    kill_space
    jmp     complete
.own:
    mov     eax, Status.BAD_STATE
    jmp     complete

; ZF when the Space r12 is the Space with header rdi, or above it.
.is_above:
    cmp     rdi, r12
    je      .found
    test    rdi, rdi
    jz      .end
    mov     rax, [rdi + objects + ObjectHeader.target]
    mov     rdi, [rax + Space.parent]
    jmp     .is_above
.end:
    cmp     rdi, r12                    ; 0 is no Space's
.found:
    ret

; Destroys the Space whose header is at offset r12, as far as the work in r15d goes. Returns eax = 0 or
; AGAIN.
kill_space:
    push    r13
    push    r14
.innermost:
    mov     r14, r12                    ; r14 = header of the Space that is worked on,
.work:
    mov     r13, [r14 + objects + ObjectHeader.target]      ; r13 = its record
    sub     r15d, LIGHT
    mov     rdi, [r13 + Space.threads]
    test    rdi, rdi
    jz      .no_threads
    mov     rdi, [rdi + Thread.object]
    jmp     .object
.no_threads:
    call    clear_table
    test    eax, eax
    jnz     .done
    mov     edi, [r13 + Space.mappings]
    test    edi, edi
    jz      .no_mappings
    sub     r15d, HEAVY
    js      .again
    shl     rdi, SlotNumber.SHIFT
    mov     rax, Kernel.DIRECT
    add     rdi, rax
    call    unmap_slot
    jmp     .work
.no_mappings:
    mov     edi, [r13 + Space.account]
    test    edi, edi
    jz      .no_objects
    cmp     byte ptr [rdi + objects + ObjectHeader.type], ObjectType.SPACE
    jne     .object
    mov     byte ptr [rdi + objects + ObjectHeader.state], ObjectState.DYING
    mov     r14, rdi
    jmp     .work
.object:
    sub     r15d, HEAVY
    js      .again
    call    kill_object                 ; when it is AGAIN, there is no work left here either
    jmp     .work
.no_objects:
    mov     rdi, r13
    call    drop_block
    call    free_tables
    test    eax, eax
    jnz     .done
    call    forget_space
    cmp     r14, r12
    jne     .innermost
    xor     eax, eax
.done:
    pop     r14
    pop     r13
    ret
.again:
    mov     eax, Status.AGAIN
    jmp     .done

; Empties the slots of the Space r13 from its cursor on. Returns eax = 0, or AGAIN.
clear_table:
    push    rbp
    push    r12
    mov     r12, [r13 + Space.slot_count]
    imul    r12, r12, Slot.size
    mov     rbp, [r13 + Space.cursor]
    cmp     rbp, r12
    jae     .done                       ; behind the table: free_tables' part
    mov     rax, [r13 + Space.slots]
    add     r12, rax                    ; r12 = the table's end
    add     rbp, rax                    ; rbp = the slot
.slot:
    sub     r15d, LIGHT
    js      .again
    cmp     byte ptr [rbp + Slot.type], ObjectType.NONE
    je      .empty
    sub     r15d, HEAVY                 ; the next slot sees whether that was too much
    mov     rdi, rbp
    call    clear_slot
.empty:
    add     rbp, Slot.size
    cmp     rbp, r12
    jb      .slot
    sub     rbp, [r13 + Space.slots]
    mov     [r13 + Space.cursor], rbp
.done:
    xor     eax, eax
    jmp     .leave
.again:
    sub     rbp, [r13 + Space.slots]
    mov     [r13 + Space.cursor], rbp
    mov     eax, Status.AGAIN
.leave:
    pop     r12
    pop     rbp
    ret

; Frees the page tables of the Space r13 but the topmost, in the order of their addresses: its cursor,
; less the size of its capability table, is the number of the unit of 2 MiB that comes next. Nothing is
; mapped there any more but what the packer mapped, in tables of its own. Returns eax = 0, or AGAIN.
;
; r8, r9 and r10 are the entries of three levels that lead to the unit.
free_tables:
    push    rbp
    push    r12
    mov     r12, [r13 + Space.slot_count]
    imul    r12, r12, Slot.size
    mov     rbp, [r13 + Space.cursor]
    sub     rbp, r12                    ; rbp = the unit
    mov     r10, [r13 + Space.pml4]
    mov     ecx, 2 * INDEX_BITS
    call    entry_of_unit
    mov     r8, r10
.directories:
    cmp     rbp, UNITS
    jae     .done
    sub     r15d, LIGHT
    js      .again
    cmp     qword ptr [r8], 0
    jne     .directories_there
    add     r8, 8
    or      rbp, IN_DIRECTORIES
    inc     rbp
    jmp     .directories
.directories_there:
    mov     r10, [r8]
    mov     ecx, INDEX_BITS
    call    entry_of_unit
    mov     r9, r10
.directory:
    sub     r15d, LIGHT
    js      .again
    cmp     qword ptr [r9], 0
    jne     .directory_there
    or      rbp, IN_DIRECTORY
    inc     rbp
    jmp     .next_directory
.directory_there:
    mov     r10, [r9]
    xor     ecx, ecx
    call    entry_of_unit
.table:
    sub     r15d, LIGHT
    js      .again
    cmp     qword ptr [r10], 0
    je      .next_table
    sub     r15d, HEAVY
    call    free_table
.next_table:
    add     r10, 8
    inc     rbp
    test    rbp, IN_DIRECTORY
    jnz     .table
    mov     r10, r9
    call    free_table
.next_directory:
    add     r9, 8
    test    rbp, IN_DIRECTORIES
    jnz     .directory
    mov     r10, r8
    call    free_table
    add     r8, 8
    jmp     .directories
.done:
    xor     eax, eax
    jmp     .leave
.again:
    mov     eax, Status.AGAIN
.leave:
    add     rbp, r12
    mov     [r13 + Space.cursor], rbp
    pop     r12
    pop     rbp
    ret

; r10 = what an entry holds that names a table, or the table's address. Returns r10 = the entry of that
; table which the unit rbp has, its number being shifted by ecx.
entry_of_unit:
    mov     rax, PageTableEntry.address
    and     r10, rax
    mov     rax, Kernel.DIRECT
    add     r10, rax
    mov     rax, rbp
    shr     rax, cl
    and     eax, INDEX_MASK
    lea     r10, [r10 + rax * 8]
    ret

; Frees the table that the entry r10 of the Space r13 names, unless it is the image's. Keeps r8, r9,
; r10.
free_table:
    mov     rax, [r10]
    mov     qword ptr [r10], 0
    mov     rdi, PageTableEntry.address
    and     rdi, rax
    cmp     rdi, physical.kernel.end
    jb      .built
    dec     qword ptr [r13 + Space.frames_used]
    jmp     free_frame
.built:
    ret

; The Space r13 with header r14 has nothing left: its own memory goes, and its budget. What the packer
; gave to a task goes to the root.
forget_space:
    mov     rdi, [r13 + Space.pml4]
    mov     esi, Page.SIZE
    call    free_made
    mov     rdi, [r13 + Space.slots]
    mov     rax, Kernel.DIRECT
    sub     rdi, rax
    mov     rsi, [r13 + Space.slot_count]
    imul    rsi, rsi, Slot.size
    call    free_made
    mov     rcx, [r13 + Space.frame_limit]
    mov     rdx, [r13 + Space.object_limit]
    mov     rax, [r13 + Space.parent]
    test    rax, rax
    jz      .built
    mov     rax, [rax + objects + ObjectHeader.target]
    sub     [rax + Space.frames_used], rcx
    sub     [rax + Space.objects_used], rdx
    jmp     .record
.built:
    mov     rax, [rip + frames + Frames.root]
    cmp     rax, r14
    je      .root
    mov     rax, [rax + objects + ObjectHeader.target]
    test    rax, rax
    jz      .record                     ; there is no root: nobody's
    add     [rax + Space.frame_limit], rcx
    add     [rax + Space.object_limit], rdx
    jmp     .record
.root:
    mov     qword ptr [rip + frames + Frames.root], 0
.record:
    mov     rax, Kernel.WINDOW
    cmp     r13, rax
    jae     .header                     ; in the image
    mov     rdi, r13
    mov     rax, Kernel.DIRECT
    sub     rdi, rax
    call    free_frame
.header:
    mov     rdi, r14
    xor     esi, esi
    jmp     free_header
