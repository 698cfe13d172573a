; The kernel's last words.
;
; Jumped to at `panic_trap` with rdi = the TrapFrame of a fault inside the kernel, from any stack, and at
; `panic` with rsi = the reason as text where no trap told it. Both take the panic stack, print the
; registers and the symbol that RIP lies in on screen and serial, report to QEMU's debug exit where
; there is one, and halt for good.

const PANIC_END = 0xff             ; ends panic_names

panic:
    xor     edi, edi
    jmp     panic_begin
panic_trap:
    lea     rsi, [rip + text_panic_trap]
panic_begin:
    cli
    lea     rsp, [rip + panic_stack + KernelStack.size]
    mov     rbx, rdi
    mov     r12, rsi
    mov     r13, cr2                    ; before anything could fault again
    test    dword ptr [rip + boot_info + BootInfo.features], Features.vga
    jz      .no_vga
    call    clear_screen
.no_vga:
    test    dword ptr [rip + boot_info + BootInfo.features], Features.framebuffer
    jz      .no_pixels
    call    clear_pixels
.no_pixels:
    lea     rsi, [rip + text_panic]
    call    print
    mov     rsi, r12
    call    print
    mov     edi, '\n'
    call    print_char
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
    ; fall through

; Prints the name of the last kernel symbol at or below rdi, and the distance to it.
print_symbol:
    mov     rbx, rdi
    lea     rdx, [rip + kernel_symbols]
    xor     esi, esi
.next:
    mov     rax, [rdx + KernelSymbol.address]
    test    rax, rax                    ; the table ends with a zero
    jz      .found
    cmp     rax, rbx
    ja      .found                      ; it is sorted
    mov     rsi, rdx
    add     rdx, KernelSymbol.size
    jmp     .next
.found:
    test    rsi, rsi
    jz      .unknown
    sub     rbx, [rsi + KernelSymbol.address]
    add     rsi, KernelSymbol.name
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
