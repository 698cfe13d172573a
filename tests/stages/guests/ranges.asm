; The memory map under test, in the kernel itself: puts a map of the test's own (`ranges`, RANGES
; entries) in the place of the firmware's and says what the kernel makes of each entry, and of all.
; Hexadecimal:
;       image END                       of what the kernel keeps: the image, and page directories behind it
;       usable FIRST END                one line for each entry
;       frame FRAME                     until there is none, LIMIT at most

const LIMIT = 32

range_test:
    lea     rsi, [rip + ranges]
    lea     rdi, [rip + boot_info + BootInfo.memory]
    mov     ecx, RANGES * E820EntryExtended.size / 8
    rep movsq
    mov     dword ptr [rip + boot_info + BootInfo.memory_count], RANGES
    call    frames_init
    lea     rsi, [rip + text_image]
    call    print
    mov     rdi, [rip + frames + Frames.first]
    call    print_hex
    call    end_line
    xor     ebx, ebx
.range:
    mov     edi, ebx
    call    usable_range
    mov     rbp, rax
    mov     r12, rdx
    lea     rsi, [rip + text_usable]
    call    print
    mov     rdi, rbp
    call    print_hex
    mov     edi, ' '
    call    print_char
    mov     rdi, r12
    call    print_hex
    call    end_line
    inc     ebx
    cmp     ebx, RANGES
    jb      .range
    mov     ebx, LIMIT
.frame:
    call    take_frame
    test    rax, rax
    jz      .end
    mov     rbp, rax
    lea     rsi, [rip + text_frame]
    call    print
    mov     rdi, rbp
    call    print_hex
    call    end_line
    dec     ebx
    jnz     .frame
.end:
    lea     rsi, [rip + text_passed]
    call    print
    mov     dx, DebugExit.PORT
    mov     al, DebugExit.PASSED
    out     dx, al
.halt:
    hlt
    jmp     .halt

end_line:
    mov     edi, '\n'
    jmp     print_char

text_image:
    .asciz  "image "
text_usable:
    .asciz  "usable "
text_frame:
    .asciz  "frame "
text_passed:
    .asciz  "kpack: demonstration passed\n"
    .align  8
