; Memory in one piece that is zeroed, a step at a time.
;
; A Space has at most one such block at work. The thread that asks makes its call again until the block
; is done; whoever asks for one of another size meanwhile gives it back and starts anew, so two threads
; that make large things for one account take turns. An unfinished block never costs its Space a quota:
; see `charge` (memory/budget.asm).

; rdi = the record of the Space that pays, esi = Block.MEDIUM or Block.LARGE. Returns eax = 0 and rdx =
; the block's physical address, its frames charged; or AGAIN, NO_QUOTA, NO_CONTIGUOUS. Keeps rbx, rbp,
; r12 to r15.
zeroed_block:
    push    rbx
    push    rbp
    mov     rbx, rdi
    mov     ebp, esi
    cmp     qword ptr [rbx + Space.block], 0
    je      .take
    cmp     [rbx + Space.block_bytes], rbp
    je      .step
    call    drop_block
.take:
    mov     rdi, rbx
    mov     esi, ebp
    shr     esi, Page.SHIFT
    xor     edx, edx
    call    charge
    test    eax, eax
    jnz     .done
    call    take_block
    test    rax, rax
    jz      .none
    mov     [rbx + Space.block], rax
    mov     [rbx + Space.block_bytes], rbp
    mov     qword ptr [rbx + Space.block_done], 0
.step:
    mov     rdx, [rbx + Space.block]
    mov     rax, [rbx + Space.block_done]
    cmp     rax, rbp
    je      .finished
    mov     rdi, Kernel.DIRECT
    add     rdi, rdx
    add     rdi, rax
    add     rax, Abi.STEP_BYTES
    mov     [rbx + Space.block_done], rax
    xor     eax, eax
    mov     ecx, Abi.STEP_BYTES / 8
    rep stosq
    mov     eax, Status.AGAIN
    jmp     .done
.finished:
    xor     eax, eax
    mov     [rbx + Space.block], rax
.done:
    pop     rbp
    pop     rbx
    ret
.none:
    mov     rdi, rbx
    mov     esi, ebp
    shr     esi, Page.SHIFT
    xor     edx, edx
    call    uncharge
    mov     eax, Status.NO_CONTIGUOUS
    jmp     .done

; Returns rax = a block of ebp bytes, 0 if there is none.
take_block:
    cmp     ebp, Block.MEDIUM
    je      take_medium
    jmp     take_large

; rdi = a Space's record: gives its unfinished block back, if it has one. Keeps rdi, rsi, rdx.
drop_block:
    cmp     qword ptr [rdi + Space.block], 0
    je      .done
    push    rdi
    push    rsi
    push    rdx
    mov     rsi, [rdi + Space.block_bytes]
    mov     rax, rsi
    shr     rax, Page.SHIFT
    sub     [rdi + Space.frames_used], rax
    mov     rax, [rdi + Space.block]
    mov     qword ptr [rdi + Space.block], 0
    mov     rdi, rax
    call    free_block
    pop     rdx
    pop     rsi
    pop     rdi
.done:
    ret

; Gives the rsi bytes at physical address rdi back: a page, or a block.
free_block:
    cmp     rsi, Block.MEDIUM
    je      free_medium
    ja      free_large
    jmp     free_frame
