; Device interrupts that tasks take.
;
; devices.asm jumps to `line_interrupt` with rbx = T of the interrupted thread (`nobody` when the processor
; idled) and eax = a line of the 8259s that may have interrupted. The line is masked until the task that the Irq's
; Notification belongs to acknowledges it, so a device that nobody serves can interrupt once. `irq_init` is
; called at the end of start-up; `mask_line`, `unmask_line` are called with edi = the line, and keep rdi.

irq_init:
    push    rbx
    mov     edi, LINES - 1
    lea     rbx, [rip + cpu + Cpu.irqs + (LINES - 1) * IrqLine.size]
.next:
    cmp     dword ptr [rbx + IrqLine.object], 0
    je      .masked
    call    unmask_line
.masked:
    sub     rbx, IrqLine.size
    dec     edi
    jnz     .next                       ; line 0 is the kernel's
    pop     rbx
    ret

line_interrupt:
    mov     r12d, eax
    imul    r13d, eax, IrqLine.size
    lea     rcx, [rip + cpu + Cpu.irqs]
    add     r13, rcx
    cmp     dword ptr [r13 + IrqLine.object], 0
    je      spurious                    ; masked, so nothing raised it: there is no service to be ended
    cmp     dword ptr [r13 + IrqLine.masked], 0
    jne     spurious
    mov     dword ptr [r13 + IrqLine.masked], 1
    inc     dword ptr [r13 + IrqLine.count]
    mov     edi, r12d
    call    mask_line
    call    end_service
    mov     ecx, [r13 + IrqLine.notification]
    mov     rax, [r13 + IrqLine.generation]
    cmp     rax, [rcx + objects + ObjectHeader.generation]
    jne     .taken                      ; dead: nobody acknowledges it any more
    mov     rdi, [rcx + objects + ObjectHeader.target]
    mov     rsi, [r13 + IrqLine.bits]
    call    signal_thread
.taken:
    lea     rax, [rip + nobody + Thread.origin]
    cmp     rbx, rax
    je      schedule
    jmp     resume_or_yield

; irq_ack: the line may interrupt again. No effect when it has not interrupted since.
call_irq_ack:
    test    eax, eax
    jnz     refuse_argument
    mov     esi, ObjectType.IRQ
    mov     edx, IrqRights.ack
    call    lookup
    test    eax, eax
    jnz     complete
    mov     edi, [rdx + ObjectHeader.target]
    imul    eax, edi, IrqLine.size
    lea     rcx, [rip + cpu + Cpu.irqs]
    add     rcx, rax
    cmp     dword ptr [rcx + IrqLine.masked], 0
    je      .done
    mov     dword ptr [rcx + IrqLine.masked], 0
    call    unmask_line
.done:
    xor     eax, eax
    jmp     complete

mask_line:
    call    mask_port
    in      al, dx
    bts     eax, ecx
    out     dx, al
    ret

; A line of the second 8259 comes through its place at the first.
unmask_line:
    call    mask_port
    in      al, dx
    btr     eax, ecx
    out     dx, al
    cmp     edi, LINES_EACH
    jb      .done
    in      al, Pic.MASTER_DATA
    and     al, ~CASCADE & 0xff
    out     Pic.MASTER_DATA, al
.done:
    ret

; Returns edx = the port of the mask that line edi is in, ecx = its bit there.
mask_port:
    mov     ecx, edi
    mov     edx, Pic.MASTER_DATA
    sub     ecx, LINES_EACH
    jae     .slave
    mov     ecx, edi
    ret
.slave:
    mov     edx, Pic.SLAVE_DATA
    ret

; Ends the service of line edi.
end_service:
    mov     al, EOI
    cmp     edi, LINES_EACH
    jb      .master
    out     Pic.SLAVE_COMMAND, al
.master:
    out     Pic.MASTER_COMMAND, al
    ret
