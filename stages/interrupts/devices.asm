; The interrupt controllers, and what is done when a device interrupts.
;
; `interrupts_init` is called once; a machine without one of the three controllers is refused, because
; nothing could take the processor away from a task there. `interrupt` is jumped to by traps.asm with rbx = T of the
; interrupted thread (`nobody` when the processor idled), eax = the vector, rsp = kernel_stack, and
; leaves through `resume`, `schedule` or `slice_end`.
;
; The two 8259s carry the devices, because they latch; the local APIC has the timer. Every line is masked
; but the 8254's, whose one interrupt measures the local APIC's timer (timer.asm), and those that tasks take
; (irq.asm).

const ICW3_MASTER   = 0x04              ; a slave on line 2
const ICW3_SLAVE    = 0x02              ; the slave's own number
const READ_ISR      = Ocw3.one_3 | Ocw3.read_register | Ocw3.read_in_service
const EOI           = Ocw2Command.NONSPECIFIC_EOI << Ocw2.command.shift
const LINES         = 16
const LINES_EACH    = 8                 ; of one 8259
const CASCADE       = 0x04              ; the slave's line, in the master's mask
const MASTER_MASK   = 0xfe              ; all but line 0, the 8254's
const SLAVE_MASK    = 0xff
const LAST_LINE     = 0x80              ; line 7, or 15: in the in-service register
const PIT_READ_STATUS = 0xe2            ; read-back: latch the status of channel 0
const PIT_COMMAND_BITS = 0x3f           ; of the status: all but output pin and null count
const APIC_ADDRESS_LOW = ApicBase.address & 0xffffffff
const LAPIC         = Kernel.DIRECT + Device.LOCAL_APIC

interrupts_init:
    mov     al, Icw1.initialise | Icw1.needs_icw4
    out     Pic.MASTER_COMMAND, al
    out     Pic.SLAVE_COMMAND, al
    mov     al, Irq.MASTER
    out     Pic.MASTER_DATA, al
    mov     al, Irq.SLAVE
    out     Pic.SLAVE_DATA, al
    mov     al, ICW3_MASTER
    out     Pic.MASTER_DATA, al
    mov     al, ICW3_SLAVE
    out     Pic.SLAVE_DATA, al
    mov     al, Icw4.mode_8086
    out     Pic.MASTER_DATA, al
    out     Pic.SLAVE_DATA, al
    mov     al, MASTER_MASK
    out     Pic.MASTER_DATA, al
    mov     al, SLAVE_MASK
    out     Pic.SLAVE_DATA, al
    in      al, Pic.MASTER_DATA         ; the mask reads back where there is an 8259
    cmp     al, MASTER_MASK
    lea     rsi, [rip + text_no_8259]
    jne     panic

    mov     al, PIT_ONE_SHOT
    out     Pit.COMMAND, al
    mov     al, PIT_READ_STATUS
    out     Pit.COMMAND, al
    in      al, Pit.CHANNEL_0           ; its status repeats the command, below two flags
    and     al, PIT_COMMAND_BITS
    cmp     al, PIT_ONE_SHOT
    lea     rsi, [rip + text_no_8254]
    jne     panic

    push    rbx                         ; cpuid writes it
    mov     eax, CpuidLeaf.FEATURES
    cpuid
    pop     rbx
    test    edx, Leaf1Edx.apic
    lea     rsi, [rip + text_no_apic]
    jz      panic
    mov     ecx, Msr.APIC_BASE
    rdmsr
    and     eax, ApicBase.enable | ApicBase.x2apic | APIC_ADDRESS_LOW
    cmp     eax, ApicBase.enable | Device.LOCAL_APIC
    lea     rsi, [rip + text_apic_elsewhere]
    jne     panic
    test    edx, edx                    ; above 4 GiB
    jnz     panic
    mov     rcx, LAPIC
    mov     dword ptr [rcx + LocalApic.SPURIOUS], SpuriousVector.enabled | Irq.SPURIOUS
    mov     dword ptr [rcx + LocalApic.TPR], 0
    mov     dword ptr [rcx + LocalApic.LVT_LINT0], DeliveryMode.EXTINT << LvtEntry.delivery_mode.shift
    mov     dword ptr [rcx + LocalApic.LVT_LINT1], DeliveryMode.NMI << LvtEntry.delivery_mode.shift
    call    detect_icount
    lea     rsi, [rip + text_interrupts]
    call    print
    lea     rsi, [rip + text_icount]
    test    dword ptr [rip + boot_info + BootInfo.features], Features.icount
    jnz     print
    lea     rsi, [rip + text_no_icount]
    jmp     print

interrupt:
    inc     dword ptr [rip + cpu + Cpu.interrupts]
    cmp     eax, Irq.TIMER
    je      timer_interrupt
    ja      .local
    sub     eax, Irq.MASTER             ; the line
    jz      first_slice_interrupt
    cmp     eax, LINES_EACH - 1
    je      line_7
    cmp     eax, LINES - 1
    je      line_15
    jmp     line_interrupt
.local:
    cmp     eax, Irq.SPURIOUS
    je      spurious
    ; A vector that firmware left behind in the local APIC. Without an end of interrupt its priority
    ; would hold the timer off for ever.
    mov     rcx, LAPIC
    mov     dword ptr [rcx + LocalApic.EOI], 0
spurious:
    inc     dword ptr [rip + cpu + Cpu.spurious]
    jmp     resume_or_idle

; An 8259 that lost an interrupt raises line 7 without setting its in-service bit.
line_7:
    mov     al, READ_ISR
    out     Pic.MASTER_COMMAND, al
    in      al, Pic.MASTER_COMMAND
    test    al, LAST_LINE
    mov     eax, LINES_EACH - 1
    jnz     line_interrupt
    jmp     spurious

; The slave's lost interrupt was a real one to the master.
line_15:
    mov     al, READ_ISR
    out     Pic.SLAVE_COMMAND, al
    in      al, Pic.SLAVE_COMMAND
    test    al, LAST_LINE
    mov     eax, LINES - 1
    jnz     line_interrupt
    mov     al, EOI
    out     Pic.MASTER_COMMAND, al
    jmp     spurious

resume_or_idle:
    lea     rax, [rip + nobody + Thread.origin]
    cmp     rbx, rax
    je      schedule
    jmp     resume
