; More operations for the tables of calls.asm: touching memory. rdx is the address; the result is rax: what
; was read, or FAULTED when the supervisor had to answer. A page fault changes no register, so the
; answer lies in them: go on at `faulted`.

const FAULTED = 0xfa17ed

do_read:
    call    load_touch
    mov     rax, [rdx]
    jmp     store_block

do_write:
    call    load_touch
    mov     [rdx], rsi
    mov     eax, DONE
    jmp     store_block

; Calls what is at the address, which is to be a RET.
do_execute:
    call    load_touch
    lea     rdi, [rip + .faulted]
    call    rdx
    mov     eax, DONE
    jmp     store_block
.faulted:
    pop     rax                         ; the return address
    jmp     faulted

; Unmaps the frame rdi, whose page rdx is then surely in the TLB: nothing else runs between the first
; touch and the last, as it would if these were rows of their own. r8 = FrameRights: the kind of the
; first touch. An error of unmap is the result.
do_unmap_read:
    call    unmap_primed
    jmp     do_read
do_unmap_write:
    call    unmap_primed
    jmp     do_write
do_unmap_execute:
    call    unmap_primed
    jmp     do_execute

unmap_primed:
    call    load_block
    cmp     r8d, FrameRights.write
    je      .write
    cmp     r8d, FrameRights.execute
    je      .execute
    mov     al, [rdx]
    jmp     .primed
.write:
    mov     [rdx], rsi
    jmp     .primed
.execute:
    call    rdx
.primed:
    mov     eax, Call.UNMAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     .failed
    ret
.failed:
    pop     rcx                         ; the touch that is not to be
    jmp     store_block

load_touch:
    call    load_block
    mov     eax, FaultReply.RESUME
    lea     rdi, [rip + faulted]
    ret

faulted:
    mov     eax, FAULTED
    jmp     store_block

const DONE = 0x600d
