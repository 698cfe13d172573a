; The kernel's last words.
;
; Jumped to at `panic_trap` with rdi = the TrapFrame of a fault inside the kernel, from any stack; at `panic`
; with rsi = the reason as text where no trap told it; and at `panic_root` with rdi = T of the root's thread,
; which faulted or exited. All take the panic stack, print the registers and the symbol that RIP lies in on
; screen and serial, report to QEMU's debug exit where there is one, and halt for good.

const PANIC_END = 0xff             ; ends panic_names

panic_root:
    mov     rbp, rdi
    add     rdi, Thread.frame
    lea     rsi, [rip + text_panic_root]
    jmp     panic_begin
panic:
    xor     edi, edi
    xor     ebp, ebp
    jmp     panic_begin
panic_trap:
    xor     ebp, ebp
    lea     rsi, [rip + text_panic_trap]
panic_begin:
    lea     rsp, [rip + panic_stack + KernelStack.size]
    mov     rbx, rdi                    ; rbx = the TrapFrame, rbp = the root's T; or 0
    mov     r12, rsi
    mov     r13, cr2                    ; before anything could fault again
    test    dword ptr [rip + boot_info + BootInfo.features], Features.vga
    jz      .no_screen
    call    clear_screen
.no_screen:
    lea     rsi, [rip + text_panic]
    call    print
    mov     rsi, r12
    call    print
    mov     edi, '\n'
    call    print_char
    test    rbp, rbp
    jz      .no_thread
    mov     rdi, rbp
    call    print_end
.no_thread:
    test    rbx, rbx
    jz      .end
    call    panic_registers
.end:
    mov     dx, DebugExit.PORT
    mov     al, DebugExit.PANIC
    out     dx, al
.halt:
    hlt
    jmp     .halt

; Prints the TrapFrame at rbx, CR2 (in r13) and where RIP lies.
panic_registers:
    lea     r14, [rip + panic_names]
.next:
    movzx   eax, byte ptr [r14]         ; offset in the frame, in quadwords; names follow, 4 bytes
    cmp     al, PANIC_END
    je      .rest
    mov     r15, [rbx + rax * 8]
    lea     rsi, [r14 + 1]
    call    print
    mov     rdi, r15
    call    print_hex
    movzx   edi, byte ptr [r14 + 7]     ; what follows the value: a space or a newline
    call    print_char
    add     r14, 8
    jmp     .next
.rest:
    lea     rsi, [rip + text_panic_cr2]
    call    print
    mov     rdi, r13
    call    print_hex
    lea     rsi, [rip + text_panic_at]
    call    print
    mov     rdi, [rbx + TrapFrame.rip]
    lea     rdx, [rip + kernel_symbols]
    mov     ecx, -1                     ; as many as there are before an address of 0
    test    rbp, rbp
    jz      print_symbol
    mov     rdx, [rip + cpu + Cpu.root_symbols]
    mov     ecx, [rip + cpu + Cpu.root_symbol_count]
    ; fall through

; Prints the name of the last symbol at or below rdi, and the distance to it, from the ecx that rise from rdx on.
; An address of 0 ends them before, and what is behind one without a name belongs to nobody.
print_symbol:
    mov     rbx, rdi
    xor     esi, esi
.next:
    sub     ecx, 1
    jb      .found
    mov     rax, [rdx + KernelSymbol.address]
    test    rax, rax
    jz      .found
    cmp     rax, rbx
    ja      .found
    mov     rsi, rdx
    add     rdx, KernelSymbol.size
    jmp     .next
.found:
    test    rsi, rsi
    jz      .unknown
    sub     rbx, [rsi + KernelSymbol.address]
    add     rsi, KernelSymbol.name
    cmp     byte ptr [rsi], 0
    je      .unknown
    call    print
    lea     rsi, [rip + text_plus]
    call    print
    mov     rdi, rbx
    call    print_decimal
    jmp     .newline
.unknown:
    lea     rsi, [rip + text_no_symbol]
    call    print
.newline:
    mov     edi, '\n'
    jmp     print_char
