; create: device interrupts and I/O ports.
;
; Jumped to by create.asm with rbx = T, r12 = the record of the Space that pays, r13 = the slot; in T's
; frame r8 = a Hardware handle.

const LINES_OF_TASKS = 0xfffa           ; but 0, the timer's, and 2, where the second 8259 comes in
const PORT_NUMBERS = 0x10000

; r9 = line, r10 = handle of a Notification that may be signalled, rbx = the bits to signal. The line
; may interrupt from now on.
create_irq:
    mov     rdi, [rbx + Thread.frame.r8]
    call    hardware
    test    eax, eax
    jnz     complete
    mov     rcx, [rbx + Thread.frame.r9]
    cmp     rcx, LINES
    jae     refuse_argument
    mov     eax, LINES_OF_TASKS
    bt      eax, ecx
    jnc     refuse_argument
    cmp     qword ptr [rbx + Thread.frame.rbx], 0
    je      refuse_argument             ; it would signal nothing
    mov     rdi, [rbx + Thread.frame.r10]
    mov     esi, ObjectType.NOTIFICATION
    mov     edx, NotificationRights.signal
    call    lookup
    test    eax, eax
    jnz     complete
    mov     r14, rdx                    ; r14 = the Notification's header
    mov     r15d, [rbx + Thread.frame.r9]
    imul    ebp, r15d, IrqLine.size
    lea     rcx, [rip + cpu + Cpu.irqs]
    add     rbp, rcx                    ; rbp = its IrqLine
    mov     eax, Status.SLOT_BUSY
    cmp     dword ptr [rbp + IrqLine.object], 0
    jne     complete
    mov     rdi, r12
    xor     esi, esi
    mov     edx, 1
    call    charge
    test    eax, eax
    jnz     complete
    mov     esi, ObjectType.IRQ
    mov     rdx, r15
    call    new_header
    mov     [rbp + IrqLine.object], eax
    mov     rcx, [r14 + ObjectHeader.generation]
    mov     [rbp + IrqLine.generation], rcx
    mov     rcx, [rbx + Thread.frame.rbx]
    mov     [rbp + IrqLine.bits], rcx
    mov     rcx, objects
    sub     r14, rcx
    mov     [rbp + IrqLine.notification], r14d
    mov     r14, rax
    mov     edi, r15d
    call    unmask_line
    mov     rax, r14
    jmp     created

; r9 = the first port, r10 = how many. Ports that belong to the kernel are nobody else's: those of the
; interrupt controllers, the timer that measures the clock, and what resets the machine.
create_io_ports:
    mov     rdi, [rbx + Thread.frame.r8]
    call    hardware
    test    eax, eax
    jnz     complete
    mov     rdx, [rbx + Thread.frame.r10]
    dec     rdx
    cmp     rdx, ThreadLimit.PORTS
    jae     refuse_argument
    mov     rcx, [rbx + Thread.frame.r9]
    cmp     rcx, PORT_NUMBERS
    jae     refuse_argument
    add     edx, ecx                    ; the last
    cmp     edx, PORT_NUMBERS
    jae     refuse_argument
    lea     rsi, [rip + kernel_ports]
.next:
    movzx   eax, word ptr [rsi]
    cmp     edx, eax
    jb      .apart
    movzx   eax, word ptr [rsi + 2]
    cmp     ecx, eax
    jbe     refuse_argument
.apart:
    add     rsi, 4
    lea     rax, [rip + kernel_ports_end]
    cmp     rsi, rax
    jb      .next
    mov     rdi, r12
    xor     esi, esi
    mov     edx, 1
    call    charge
    test    eax, eax
    jnz     complete
    mov     esi, ObjectType.IO_PORTS
    mov     edx, [rbx + Thread.frame.r10]
    shl     edx, 16
    or      edx, [rbx + Thread.frame.r9]
    call    new_header
    jmp     created
