; destroy: an object's end, in bounded steps.
;
; Jumped to by ipc/slow.asm with rbx = T, rdi = the handle. The object is DYING at once: DEAD to whoever
; names it but to DESTROY, which is AGAIN until nothing of it is left. The routines here are called with
; r15d = how much work this call may still do, and return eax = 0, or AGAIN and nothing half done. They
; keep rbx, rbp, r12 to r15. What the packer built has no account and lies in the image: its memory
; stays.

const HEAVY = 12                        ; a thread woken, a mapping or an object taken away
const LIGHT = 1                         ; an empty slot or entry passed by
const WORK  = Abi.STEP * HEAVY

call_destroy:
    call    own_slot
    test    eax, eax
    jnz     complete
    movzx   esi, byte ptr [rcx + Slot.type]
    mov     eax, Status.WRONG_TYPE
    cmp     esi, ObjectType.HARDWARE    ; there is one machine; a Reply is no object
    jae     complete
    call    named_object
    test    eax, eax
    jnz     complete
    mov     al, [rsi + control_rights]
    test    [rcx + Slot.rights], al
    mov     eax, Status.NO_RIGHT
    jz      complete
    mov     r15d, WORK
    mov     rdi, [rcx + Slot.object]
    cmp     esi, ObjectType.SPACE
    je      call_destroy_space
    cmp     esi, ObjectType.THREAD
    jne     .object
    cmp     [rdx + ObjectHeader.target], rbx
    je      destroy_itself
.object:
    call    kill_object
    jmp     complete

; The current thread ends; as long as it is needed for that, it goes on.
destroy_itself:
    call    kill_object
    test    eax, eax
    jnz     complete
    jmp     schedule

; Destroys the object whose header is at offset rdi, of any type but Space.
kill_object:
    mov     byte ptr [rdi + objects + ObjectHeader.state], ObjectState.DYING
    movzx   eax, byte ptr [rdi + objects + ObjectHeader.type]
    jmp     [rax * 8 + kill_table]

; An Endpoint or Notification: out of its thread's list.
kill_bound:
    mov     r8, [rdi + objects + ObjectHeader.target]
    mov     eax, [rdi + objects + ObjectHeader.chain]
    mov     ecx, [rdi + objects + ObjectHeader.chain_previous]
    test    ecx, ecx
    jz      .first
    mov     [rcx + objects + ObjectHeader.chain], eax
    jmp     .behind
.first:
    mov     [r8 + Thread.served], eax
.behind:
    test    eax, eax
    jz      kill_plain
    mov     [rax + objects + ObjectHeader.chain_previous], ecx
    ; fall through

; An IoPorts is nothing but its header: who was given the ports keeps them.
kill_plain:
    xor     esi, esi
    call    free_header
    xor     eax, eax
    ret

kill_irq:
    push    rdi
    mov     eax, [rdi + objects + ObjectHeader.target]
    mov     edi, eax
    imul    eax, eax, IrqLine.size
    lea     rcx, [rip + cpu + Cpu.irqs]
    add     rcx, rax
    xor     eax, eax
    mov     [rcx + IrqLine.object], eax
    mov     [rcx + IrqLine.notification], eax
    mov     [rcx + IrqLine.masked], eax
    mov     [rcx + IrqLine.count], eax
    call    mask_line
    pop     rdi
    jmp     kill_plain

kill_frame:
    push    r12
    lea     r12, [rdi + objects]
    call    unmap_frame
    test    eax, eax
    jnz     .done
    mov     rdi, [r12 + ObjectHeader.target]
    mov     esi, Page.SIZE
    cmp     byte ptr [r12 + ObjectHeader.large], 0
    je      .sized
    mov     esi, Block.LARGE
.sized:
    xor     eax, eax
    cmp     byte ptr [r12 + ObjectHeader.device], 0
    jne     .header                     ; not memory
    push    rsi
    call    free_made
    pop     rax
    shr     eax, Page.SHIFT
.header:
    mov     esi, eax
    mov     rax, objects
    mov     rdi, r12
    sub     rdi, rax
    call    free_header
    xor     eax, eax
.done:
    pop     r12
    ret

; Gives the rsi bytes at physical address rdi back, unless they are the image's.
free_made:
    cmp     rdi, physical.kernel.end
    jae     free_block
    ret
