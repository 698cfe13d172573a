; The pages of a program: filled through LOAD, where the supervisor maps each for that long, then mapped in the
; program's Space. What maps them there are slots of the supervisor's table: a mapping lives as long as its slot.
;
; Called with rbp = STATE, WARD and PROGRAM chosen; ZF clear: the kernel refused.

const LOAD       = 0x810000             ; beyond the packer's window

; Returns rax = how many pages the Program at rcx has when it starts. Keeps rcx.
count_pages:
    mov     eax, [rcx + Program.stack_pages]
    mov     edx, [rcx + Program.segment_count]
    lea     rsi, [rcx + Program.segments]
.next:
    sub     edx, 1
    jb      .done
    mov     rdi, [rsi + ProgramSegment.memory_bytes]
    shr     rdi, Page.SHIFT
    add     rax, rdi
    add     rsi, ProgramSegment.size
    jmp     .next
.done:
    ret

; Makes and maps the pages of segment COUNT.
make_segment:
    mov     rcx, [rbp + PROGRAM]
    imul    eax, [rbp + COUNT], ProgramSegment.size
    lea     rsi, [rcx + rax + Program.segments]
    mov     rax, [rsi + ProgramSegment.address]
    mov     [rbp + ADDRESS], rax
    add     rcx, [rsi + ProgramSegment.offset]
    mov     [rbp + SOURCE], rcx
    mov     rax, [rsi + ProgramSegment.file_bytes]
    mov     [rbp + COPIED], rax
    mov     rax, [rsi + ProgramSegment.memory_bytes]
    shr     rax, Page.SHIFT
    mov     [rbp + PAGES], rax
    movzx   eax, byte ptr [rsi + ProgramSegment.rights]
    mov     [rbp + RIGHTS], rax
    movzx   eax, byte ptr [rsi + ProgramSegment.device]
    mov     [rbp + FROM_DEVICE], rax
    test    eax, eax
    jz      make_pages
    mov     rax, [rsi + ProgramSegment.offset]
    mov     [rbp + SOURCE], rax
    jmp     make_pages

make_stack:
    mov     rcx, [rbp + PROGRAM]
    mov     eax, [rcx + Program.stack_pages]
    mov     [rbp + PAGES], rax
    shl     eax, Page.SHIFT
    mov     ecx, User.STACK_TOP
    sub     rcx, rax
    mov     [rbp + ADDRESS], rcx
    mov     qword ptr [rbp + COPIED], 0
    mov     qword ptr [rbp + FROM_DEVICE], 0
    mov     qword ptr [rbp + RIGHTS], FrameRights.read | FrameRights.write
    ; fall through

; Makes PAGES pages from ADDRESS on, the first COPIED bytes filled from SOURCE; or of the device at SOURCE.
make_pages:
    sub     qword ptr [rbp + PAGES], 1
    jb      .done
    call    ward
    mov     edi, [rsi + WardState.space]
    mov     esi, ObjectType.FRAME
    mov     r8d, Page.SIZE
    xor     r9d, r9d                    ; of memory
    xor     r10d, r10d
    cmp     qword ptr [rbp + FROM_DEVICE], 0
    je      .create
    mov     r9d, cap.hardware
    mov     r10, [rbp + SOURCE]
    add     qword ptr [rbp + SOURCE], Page.SIZE
.create:
    mov     eax, 5
    call    create
    jnz     .refused
    mov     [rbp + FRAME], rdi
    cmp     qword ptr [rbp + COPIED], 0
    je      .filled
    call    fill_page
    jnz     .refused
.filled:
    call    ward
    mov     edi, [rbp + FRAME]
    mov     esi, [rsi + WardState.space]
    mov     rdx, [rbp + ADDRESS]
    mov     r8, [rbp + RIGHTS]
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    call    kernel
    jnz     .refused
    add     qword ptr [rbp + ADDRESS], Page.SIZE
    jmp     make_pages
.done:
    xor     eax, eax                    ; ZF set
.refused:
    ret

; Copies what comes next of SOURCE to FRAME.
fill_page:
    call    own_space
    mov     esi, edi
    mov     edi, [rbp + FRAME]
    mov     edx, LOAD
    mov     r8d, FrameRights.read | FrameRights.write
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    call    kernel
    jnz     .refused
    mov     rcx, [rbp + COPIED]
    mov     eax, Page.SIZE
    cmp     rcx, rax
    cmova   rcx, rax
    sub     [rbp + COPIED], rcx
    mov     rsi, [rbp + SOURCE]
    mov     edi, LOAD
    rep movsb
    mov     [rbp + SOURCE], rsi
    mov     edi, [rbp + FRAME]
    mov     eax, Call.UNMAP << Abi.NUMBER_SHIFT
    jmp     kernel
.refused:
    ret
