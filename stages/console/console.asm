; The kernel's own voice: the screen and COM1, before the console server runs and when all is lost.
;
; The screen is one of pixels where firmware has left one, else a VGA in text mode. `console_init` finds
; what this machine has (BootInfo.features) and `console_report` says so. `print`, `print_char`,
; `print_decimal` and `print_hex` write to both; they keep rbx, rbp and r12 to r15 and are not
; reentrant: the kernel runs with interrupts off. The position on the screen lives in the CRT
; controller's cursor, so that whoever prints next, kernel or server, goes on from there; with pixels in
; the TextScreen. How the devices are driven is in drivers.asm and pixels.asm, which the console server in
; ring 3 is made of too.

const SCREEN        = Kernel.DIRECT + Device.TEXT
const DIGITS        = 31                ; room for 20 decimal digits and the zero behind them
const BAUD_DIVISOR  = 1                 ; 115,200 / 1

console_init:
    call    framebuffer_init
    jnz     .no_vga
    cmp     dword ptr [rip + boot_info + BootInfo.path], BootPath.UEFI
    je      .no_vga                     ; UEFI leaves no text mode behind
    call    probe_screen
    jz      .no_vga
    or      dword ptr [rip + boot_info + BootInfo.features], Features.vga
    call    clear_screen
.no_vga:
    call    probe_serial
    jz      .no_com1
    or      dword ptr [rip + boot_info + BootInfo.features], Features.com1
    mov     dx, Com1.INTERRUPT_ENABLE
    xor     eax, eax
    out     dx, al
    mov     dx, Com1.LINE_CONTROL
    mov     al, LineControl.divisor_latch
    out     dx, al
    mov     dx, Com1.DIVISOR_LOW        ; while the latch bit is set
    mov     al, BAUD_DIVISOR
    out     dx, al
    mov     dx, Com1.DIVISOR_HIGH
    xor     eax, eax
    out     dx, al
    mov     dx, Com1.LINE_CONTROL
    mov     al, WordLength.EIGHT        ; no parity, one stop bit
    out     dx, al
    mov     dx, Com1.FIFO_CONTROL
    mov     al, FifoControl.enable | FifoControl.clear_receiver | FifoControl.clear_transmitter
    out     dx, al
.no_com1:
    ret

console_report:
    lea     rsi, [rip + text_console]
    call    print
    test    dword ptr [rip + boot_info + BootInfo.features], Features.framebuffer
    jnz     .pixels
    lea     rsi, [rip + text_vga]
    test    dword ptr [rip + boot_info + BootInfo.features], Features.vga
    jnz     .say_screen
    lea     rsi, [rip + text_no_vga]
.say_screen:
    call    print
    lea     rsi, [rip + text_com1]
    test    dword ptr [rip + boot_info + BootInfo.features], Features.com1
    jnz     print
    lea     rsi, [rip + text_no_com1]
    jmp     print
.pixels:
    mov     edi, [rip + boot_info + BootInfo.framebuffer.width]
    call    print_decimal
    mov     edi, 'x'
    call    print_char
    mov     edi, [rip + boot_info + BootInfo.framebuffer.height]
    call    print_decimal
    lea     rsi, [rip + text_pixels]
    jmp     .say_screen

; Prints the zero-terminated text at rsi.
print:
    push    rbx
    mov     rbx, rsi
.next:
    movzx   edi, byte ptr [rbx]
    test    edi, edi
    jz      .end
    call    print_char
    inc     rbx
    jmp     .next
.end:
    pop     rbx
    ret

; Prints the unsigned number in rdi in decimal.
print_decimal:
    push    rbx
    sub     rsp, DIGITS + 1
    lea     rbx, [rsp + DIGITS]
    mov     byte ptr [rbx], 0
    mov     rax, rdi
    mov     ecx, 10
.digit:
    xor     edx, edx
    div     rcx
    add     dl, '0'
    dec     rbx
    mov     [rbx], dl
    test    rax, rax
    jnz     .digit
    mov     rsi, rbx
    call    print
    add     rsp, DIGITS + 1
    pop     rbx
    ret

; Prints rdi as 16 hexadecimal digits.
print_hex:
    push    rbx
    push    r12
    mov     rbx, rdi
    mov     r12d, 16
.digit:
    rol     rbx, 4
    mov     eax, ebx
    and     eax, 15
    lea     rcx, [rip + hex_digits]
    movzx   edi, byte ptr [rcx + rax]
    call    print_char
    dec     r12d
    jnz     .digit
    pop     r12
    pop     rbx
    ret

; Prints the character in dil wherever there is something to print on.
print_char:
    push    rdi
    test    dword ptr [rip + boot_info + BootInfo.features], Features.com1
    jz      .no_com1
    call    serial_char
.no_com1:
    pop     rdi
    test    dword ptr [rip + boot_info + BootInfo.features], Features.vga
    jnz     screen_char
    test    dword ptr [rip + boot_info + BootInfo.features], Features.framebuffer
    jnz     pixel_char
    ret
