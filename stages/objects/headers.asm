; Object headers: taken from the table, and given back.
;
; The routines are called and keep rbx, rbp and r12 to r15. An object is named by its header's offset.
; The table grows by a page at a time, out of what `memory_init` set aside; a header that was used once
; is only ever a header again, with a later generation.

const KERNEL_PAGE = LARGE_PAGE & ~PageDirectoryEntry2M.large

; rdi = the record of the Space that pays for the object and has been charged for it, esi = ObjectType,
; rdx = target. Returns rax = the new header's offset; what is not named here is 0.
new_header:
    mov     eax, [rip + cpu + Cpu.objects_free]
    test    eax, eax
    jz      .never_used
    mov     ecx, [rax + objects + ObjectHeader.next]
    mov     [rip + cpu + Cpu.objects_free], ecx
    jmp     .taken
.never_used:
    mov     eax, [rip + cpu + Cpu.objects_next]
    cmp     eax, [rip + cpu + Cpu.objects_end]
    jae     .grow
    add     dword ptr [rip + cpu + Cpu.objects_next], ObjectHeader.size
    inc     qword ptr [rax + objects + ObjectHeader.generation]         ; 1
.taken:
    mov     [rax + objects + ObjectHeader.type], sil
    mov     byte ptr [rax + objects + ObjectHeader.state], ObjectState.ALIVE
    mov     [rax + objects + ObjectHeader.target], rdx
    mov     rcx, [rdi + Space.object]
    mov     [rax + objects + ObjectHeader.account], ecx
    mov     ecx, [rdi + Space.account]
    mov     [rdi + Space.account], eax
    mov     [rax + objects + ObjectHeader.next], ecx
    test    ecx, ecx
    jz      .only
    mov     [rcx + objects + ObjectHeader.previous], eax
.only:
    ret
.grow:
    push    rdi
    push    rsi
    push    rdx
    lea     rdi, [rip + objects_pt]
    mov     esi, eax
    shr     esi, Page.SHIFT
    call    grow_window
    add     dword ptr [rip + cpu + Cpu.objects_end], Page.SIZE
    pop     rdx
    pop     rsi
    pop     rdi
    jmp     new_header

; Maps a fresh page at entry esi of the kernel's page table rdi. Nothing was there, so no TLB knows it.
grow_window:
    push    rbx
    lea     rbx, [rdi + rsi * 8]
    call    allocate_frame
    or      rax, KERNEL_PAGE
    bts     rax, PageTableEntry.no_execute.shift
    mov     [rbx], rax
    pop     rbx
    ret

; One more thread: the heap of deadlines gets room for it, so that no timed wait ever fails for want of
; it.
count_thread:
    inc     qword ptr [rip + frames + Frames.threads]
    mov     esi, [rip + cpu + Cpu.deadline_room]
    cmp     [rip + frames + Frames.threads], rsi
    jbe     .done
    add     dword ptr [rip + cpu + Cpu.deadline_room], DEADLINES_OF_PAGE
    shr     esi, DEADLINES_SHIFT
    lea     rdi, [rip + deadlines_pt]
    jmp     grow_window
.done:
    ret

; rdi = offset of a header, rsi = the frames of its object, which have been given back: the object is no
; more. Every slot that means it is DEAD from here on. What was in the image is paid for by nobody.
free_header:
    mov     eax, [rdi + objects + ObjectHeader.account]
    test    eax, eax
    jz      .unlinked
    mov     r8, [rax + objects + ObjectHeader.target]
    sub     [r8 + Space.frames_used], rsi
    dec     qword ptr [r8 + Space.objects_used]
    mov     eax, [rdi + objects + ObjectHeader.next]
    mov     ecx, [rdi + objects + ObjectHeader.previous]
    test    ecx, ecx
    jz      .first
    mov     [rcx + objects + ObjectHeader.next], eax
    jmp     .behind
.first:
    mov     [r8 + Space.account], eax
.behind:
    test    eax, eax
    jz      .unlinked
    mov     [rax + objects + ObjectHeader.previous], ecx
.unlinked:
    inc     qword ptr [rdi + objects + ObjectHeader.generation]
    mov     rdx, rdi
    lea     rdi, [rdi + objects + ObjectHeader.call_key]
    xor     eax, eax
    mov     ecx, (ObjectHeader.size - ObjectHeader.call_key) / 8
    rep stosq
    mov     byte ptr [rdx + objects + ObjectHeader.state], ObjectState.FREE
    mov     eax, [rip + cpu + Cpu.objects_free]
    mov     [rdx + objects + ObjectHeader.next], eax
    mov     [rip + cpu + Cpu.objects_free], edx
    ret
