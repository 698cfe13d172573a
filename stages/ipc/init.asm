; Turns the system-call instruction on.
;
; `ipc_init` is called once. SYSCALL clears every flag that FMASK names; with those clear, kernel code
; may trust DF, AC and TF. SYSENTER is another way in that nothing of ours handles: its CS of 0 makes it
; #GP on Intel's processors, and AMD's know no SYSENTER in long mode.

const STATUS_FLAGS = Rflags.carry | Rflags.parity | Rflags.auxiliary_carry | Rflags.zero | Rflags.sign | Rflags.overflow
const SYSTEM_FLAGS = Rflags.trap | Rflags.interrupt | Rflags.direction | Rflags.iopl | Rflags.nested_task | Rflags.resume | Rflags.virtual_8086 | Rflags.alignment_check | Rflags.virtual_interrupt | Rflags.virtual_interrupt_pending | Rflags.id

ipc_init:
    mov     ecx, Msr.STAR
    xor     eax, eax
    mov     edx, (Selector.USER_BASE | Rpl.USER) << 16 | Selector.KERNEL_CODE
    wrmsr
    mov     ecx, Msr.LSTAR
    lea     rax, [rip + syscall_entry]
    call    write_address
    mov     ecx, Msr.CSTAR
    lea     rax, [rip + syscall_compatibility]
    call    write_address
    mov     ecx, Msr.FMASK
    mov     eax, STATUS_FLAGS | SYSTEM_FLAGS
    xor     edx, edx
    wrmsr
    mov     ecx, Msr.SYSENTER_CS
    xor     eax, eax                    ; edx is 0
    wrmsr
    lea     rsi, [rip + text_ipc]
    call    print
    mov     edi, Abi.CALLS
    call    print_decimal
    lea     rsi, [rip + text_ipc_words]
    jmp     print

; Writes rax to the MSR in ecx.
write_address:
    mov     rdx, rax
    shr     rdx, 32
    wrmsr
    ret
