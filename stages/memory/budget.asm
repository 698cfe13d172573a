; Budgets: how many frames and objects a Space may have.
;
; `memory_init` is called once and reports. What a Space may use is set aside when the Space is made,
; out of its parent's budget, so `charge` alone decides: what it allows is there. The others are called
; and keep rbx, rbp and r12 to r15.

const HEADERS_OF_PAGE   = Page.SIZE / ObjectHeader.size
const DEADLINES_OF_PAGE = Page.SIZE / 8
const DEADLINES_SHIFT   = Page.SHIFT - 3        ; deadlines of a page
const PAGES_SHIFT       = 2             ; pages of memory for each header that the object table may have
const FEWEST_HEADERS    = 1024
const MOST_HEADERS      = (Kernel.DEADLINES - Kernel.OBJECTS) / ObjectHeader.size

; rdi = a Space's record, rsi = frames, rdx = objects. Returns eax = 0, or NO_QUOTA and nothing is
; charged. Keeps rdi, rsi and rdx.
charge:
    mov     rax, [rdi + Space.frame_limit]
    sub     rax, [rdi + Space.frames_used]
    cmp     rsi, rax
    ja      .refused
    mov     rax, [rdi + Space.object_limit]
    sub     rax, [rdi + Space.objects_used]
    cmp     rdx, rax
    ja      .refused
    add     [rdi + Space.frames_used], rsi
    add     [rdi + Space.objects_used], rdx
    xor     eax, eax
    ret
.refused:
    cmp     qword ptr [rdi + Space.block], 0
    je      .no_quota
    call    drop_block                  ; unfinished: worth less than what is wanted now
    jmp     charge
.no_quota:
    mov     eax, Status.NO_QUOTA
    ret

; rdi = a Space's record: takes rsi frames and rdx objects off its account.
uncharge:
    sub     [rdi + Space.frames_used], rsi
    sub     [rdi + Space.objects_used], rdx
    ret

; Counts the memory, sets aside what the kernel's own tables may grow by, and gives the root what the
; other tasks were not promised. A machine with less than all were promised can't go on.
memory_init:
    push    rbx
    push    rbp
    push    r12
    call    frames_init
    mov     eax, [rip + thread_count]
    mov     [rip + frames + Frames.threads], rax
    mov     rbp, [rip + frames + Frames.total]
    lea     rsi, [rip + text_no_memory]
    test    rbp, rbp
    jz      panic
    call    size_tables
    sub     rbp, rax                    ; rbp = frames to promise
    lea     rsi, [rip + text_promised]
    jb      panic
    mov     r12d, [rip + cpu + Cpu.objects_limit]
    sub     r12d, [rip + cpu + Cpu.objects_next]
    shr     r12d, HeaderNumber.SHIFT          ; r12 = objects
    xor     ebx, ebx
.task:
    lea     rax, [rip + thread_table]
    mov     rax, [rax + rbx * 8]
    mov     rax, [rax + Thread.space]
    cmp     rax, [rip + frames + Frames.root]
    je      .next
    mov     rax, [rax + objects + ObjectHeader.target]
    sub     r12, [rax + Space.object_limit]
    sub     rbp, [rax + Space.frame_limit]
    jb      panic
.next:
    inc     ebx
    cmp     ebx, [rip + thread_count]
    jb      .task
    mov     rax, [rip + frames + Frames.root]
    test    rax, rax
    jz      memory_report
    mov     rax, [rax + objects + ObjectHeader.target]
    mov     [rax + Space.frame_limit], rbp
    mov     [rax + Space.object_limit], r12
    ; fall through

memory_report:
    lea     rsi, [rip + text_memory]
    call    print
    mov     rdi, [rip + frames + Frames.total]
    call    print_decimal
    lea     rsi, [rip + text_memory_frames]
    call    print
    lea     rbx, [rip + feature_names]
.feature:
    mov     eax, [rbx]                  ; a mask; then the name, 8 bytes
    test    eax, eax
    jz      .end
    test    eax, [rip + boot_info + BootInfo.features]
    jz      .absent
    lea     rsi, [rbx + 4]
    call    print
.absent:
    add     rbx, 12
    jmp     .feature
.end:
    mov     edi, '\n'
    call    print_char
    pop     r12
    pop     rbp
    pop     rbx
    ret

; Decides how many objects there may be: what the manifest promises, or what suits the memory if that is
; more. Returns rax = the frames that the object table and the heap of deadlines may still ask for.
size_tables:
    mov     rax, [rip + frames + Frames.total]
    shr     rax, PAGES_SHIFT
    mov     ecx, FEWEST_HEADERS
    cmp     rax, rcx
    cmovb   rax, rcx
    mov     ecx, MOST_HEADERS
    cmp     rax, rcx
    cmova   rax, rcx
    and     eax, -HEADERS_OF_PAGE
    imul    eax, eax, ObjectHeader.size
    mov     ecx, [rip + cpu + Cpu.objects_limit]
    cmp     eax, ecx
    cmovb   eax, ecx
    mov     [rip + cpu + Cpu.objects_limit], eax
    mov     ecx, eax
    sub     eax, [rip + cpu + Cpu.objects_end]
    shr     eax, Page.SHIFT
    shr     ecx, HeaderNumber.SHIFT     ; as many threads there may be
    sub     ecx, [rip + cpu + Cpu.deadline_room]
    jbe     .done
    shr     ecx, DEADLINES_SHIFT
    lea     eax, [rax + rcx + 1]
.done:
    ret
