; create: Spaces.
;
; Jumped to by create.asm with rbx = T, r12 = the record of the Space that pays, r13 = the slot; in T's
; frame r8 = frame limit, r9 = object limit, r10 = highest priority of its threads, rbx = slots of its
; table. What the new Space may use counts as used by its parent at once. Its own record, top page table
; and capability table come out of that. A table of 64 KiB is zeroed a step at a time.

const SMALL_SPACE = 3                   ; frames: record, top page table, capability table
const LARGE_SPACE = 2 + Block.MEDIUM / Page.SIZE
const KERNEL_HALF = Page.ENTRIES / 2    ; entries

create_space:
    mov     r14d, SMALL_SPACE           ; r14 = frames that it uses from its beginning
    cmp     qword ptr [rbx + Thread.frame.rbx], SpaceLimit.SMALL_TABLE
    je      .sized
    mov     r14d, LARGE_SPACE
    cmp     qword ptr [rbx + Thread.frame.rbx], SpaceLimit.LARGE_TABLE
    jne     refuse_argument
.sized:
    mov     rax, [rbx + Thread.frame.r10]
    cmp     rax, [r12 + Space.max_priority]
    mov     eax, Status.PRIORITY
    ja      complete
    mov     eax, Status.TOO_DEEP
    cmp     qword ptr [r12 + Space.depth], SpaceLimit.DEPTH
    jae     complete
    mov     eax, Status.NO_QUOTA
    cmp     [rbx + Thread.frame.r8], r14
    jb      complete
    mov     rdx, [rbx + Thread.frame.r9]
    cmp     rdx, [r12 + Space.object_limit]
    ja      complete                    ; and so one more does not wrap
    cmp     r14d, SMALL_SPACE
    jne     large_table
    call    charge_space
    test    eax, eax
    jnz     complete
    call    allocate_frame
make_space:
    mov     r15, Kernel.DIRECT
    lea     rbp, [r15 + rax]            ; rbp = its capability table
    call    allocate_frame
    add     r15, rax                    ; r15 = its record
    mov     [r15 + Space.slots], rbp
    call    allocate_frame
    mov     [r15 + Space.pml4], rax
    mov     rdi, Kernel.DIRECT + KERNEL_HALF * 8
    add     rdi, rax
    lea     rsi, [rip + kernel_pml4 + KERNEL_HALF * 8]
    mov     ecx, KERNEL_HALF
    rep movsq
    mov     [r15 + Space.frames_used], r14
    mov     rax, [rbx + Thread.frame.rbx]
    mov     [r15 + Space.slot_count], rax
    mov     rax, [rbx + Thread.frame.r8]
    mov     [r15 + Space.frame_limit], rax
    mov     rax, [rbx + Thread.frame.r9]
    mov     [r15 + Space.object_limit], rax
    mov     rax, [rbx + Thread.frame.r10]
    mov     [r15 + Space.max_priority], rax
    mov     rax, [r12 + Space.object]
    mov     [r15 + Space.parent], rax
    mov     rax, [r12 + Space.depth]
    inc     rax
    mov     [r15 + Space.depth], rax
    mov     rdi, r12
    mov     esi, ObjectType.SPACE
    mov     rdx, r15
    call    new_header
    mov     [r15 + Space.object], rax
    jmp     created

; Charges the Space r12 with the child's limits and the child itself. Returns eax = Status.
charge_space:
    mov     rdi, r12
    mov     rsi, [rbx + Thread.frame.r8]
    mov     rdx, [rbx + Thread.frame.r9]
    inc     rdx
    jmp     charge

; A table of 64 KiB: its frames are the parent's while they are zeroed, and the child's when they are.
large_table:
    mov     rdi, r12
    cmp     qword ptr [r12 + Space.block_bytes], Block.MEDIUM
    je      .same
    call    drop_block                  ; something else that was begun
.same:
    xor     ebp, ebp                    ; rbp = frames of the limit that are charged already
    cmp     qword ptr [r12 + Space.block], 0
    je      .none
    mov     ebp, Block.MEDIUM / Page.SIZE
.none:
    mov     rax, [r12 + Space.frame_limit]
    sub     rax, [r12 + Space.frames_used]
    add     rax, rbp
    cmp     [rbx + Thread.frame.r8], rax
    mov     eax, Status.NO_QUOTA
    ja      complete
    mov     rcx, [r12 + Space.object_limit]
    sub     rcx, [r12 + Space.objects_used]
    cmp     [rbx + Thread.frame.r9], rcx
    jae     complete
    mov     esi, Block.MEDIUM
    call    zeroed_block
    test    eax, eax
    jnz     complete
    mov     rbp, rdx
    mov     rdi, r12
    mov     esi, Block.MEDIUM / Page.SIZE
    xor     edx, edx
    call    uncharge
    call    charge_space                ; as just seen, it can
    mov     rax, rbp
    jmp     make_space
