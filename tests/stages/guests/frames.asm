; The frame allocator under test, in the kernel itself: called by kernel_entry once every stage is up, with
; rsp = the kernel's stack; ends the run. All numbers are hexadecimal:
;       range BASE LENGTH TYPE          one line for each range of the memory map
;       image END
;       fresh FRAME FRAME FRAME         three frames
;       again FRAME FRAME FRAME         the same given back in the order first, second, third
;       words OR                        all bits of what was in them after they had been written to
;       used COUNT                      with those three
;       all COUNT SUM OR EXHAUSTED      every frame that there is, and what came after the last
;       walked COUNT                    how many of them kept what was written to them
;       used COUNT                      with all of them
;       used COUNT                      with none
;       all …, walked …, used …         once more
; A frame that is held has its own address in word 0 and the frame before it in word 1, so walking them
; counts them all only if they are different.

const DIRTY       = -1
const FRAME_WORDS = Page.SIZE / 8

frame_test:
    xor     ebx, ebx
.range:
    cmp     ebx, [rip + boot_info + BootInfo.memory_count]
    jae     .ranges_end
    lea     rsi, [rip + text_range]
    call    print
    imul    eax, ebx, E820EntryExtended.size
    lea     r12, [rip + boot_info + BootInfo.memory]
    add     r12, rax
    mov     rdi, [r12 + E820EntryExtended.base]
    call    print_word
    mov     rdi, [r12 + E820EntryExtended.length]
    call    print_word
    mov     edi, [r12 + E820EntryExtended.type]
    call    print_word
    call    print_newline
    inc     ebx
    jmp     .range
.ranges_end:
    lea     rsi, [rip + text_image]
    call    print
    mov     edi, physical.kernel.end
    call    print_word
    call    print_newline
    lea     rsi, [rip + text_fresh]
    call    allocate_three
    mov     rdi, r13
    call    give_back_dirty
    mov     rdi, r14
    call    give_back_dirty
    mov     rdi, r15
    call    give_back_dirty
    lea     rsi, [rip + text_again]
    call    allocate_three
    xor     ebx, ebx
    mov     rdi, r13
    call    collect_bits
    mov     rdi, r14
    call    collect_bits
    mov     rdi, r15
    call    collect_bits
    lea     rsi, [rip + text_words]
    call    print
    mov     rdi, rbx
    call    print_word
    call    print_newline
    call    print_used
    mov     rdi, r13
    call    free_frame
    mov     rdi, r14
    call    free_frame
    mov     rdi, r15
    call    free_frame
    call    take_all
    call    give_all_back
    call    take_all
    call    give_all_back
    lea     rsi, [rip + text_passed]
    call    print
    mov     al, DebugExit.PASSED
    mov     dx, DebugExit.PORT
    out     dx, al
.wait:
    jmp     .wait

; Allocates r13, r14, r15 and prints them behind the text at rsi.
allocate_three:
    call    print
    call    allocate_frame
    mov     r13, rax
    call    allocate_frame
    mov     r14, rax
    call    allocate_frame
    mov     r15, rax
    mov     rdi, r13
    call    print_word
    mov     rdi, r14
    call    print_word
    mov     rdi, r15
    call    print_word
    jmp     print_newline

; Writes every word of the frame rdi and gives it back.
give_back_dirty:
    push    rdi
    mov     rax, Kernel.DIRECT
    add     rdi, rax
    mov     rax, DIRTY
    mov     ecx, FRAME_WORDS
    rep stosq
    pop     rdi
    jmp     free_frame

; Adds to rbx all bits that are set in the frame rdi.
collect_bits:
    mov     rax, Kernel.DIRECT
    mov     ecx, FRAME_WORDS
.next:
    or      rbx, [rax + rdi]
    add     rdi, 8
    dec     ecx
    jnz     .next
    ret

; Allocates until there is nothing left, and walks what it got: r12 = the last frame.
take_all:
    xor     ebx, ebx                    ; count
    xor     r12d, r12d
    xor     r13d, r13d                  ; sum
    xor     r14d, r14d                  ; or
.next:
    call    take_frame
    test    rax, rax
    jz      .exhausted
    inc     rbx
    add     r13, rax
    or      r14, rax
    mov     rcx, Kernel.DIRECT
    mov     [rcx + rax], rax
    mov     [rcx + rax + 8], r12
    mov     r12, rax
    jmp     .next
.exhausted:
    call    take_frame              ; it stays so
    mov     r15, rax
    lea     rsi, [rip + text_all]
    call    print
    mov     rdi, rbx
    call    print_word
    mov     rdi, r13
    call    print_word
    mov     rdi, r14
    call    print_word
    mov     rdi, r15
    call    print_word
    call    print_newline
    xor     r13d, r13d                  ; walked
    mov     rax, r12
    mov     rcx, Kernel.DIRECT
.walk:
    test    rax, rax
    jz      .end
    cmp     [rcx + rax], rax
    jne     .end
    cmp     r13, rbx
    ja      .end                        ; in a circle
    inc     r13
    mov     rax, [rcx + rax + 8]
    jmp     .walk
.end:
    lea     rsi, [rip + text_walked]
    call    print
    mov     rdi, r13
    call    print_word
    call    print_newline
    jmp     print_used

; Frees all that `take_all` took.
give_all_back:
    mov     rcx, Kernel.DIRECT
    mov     rdi, r12
    mov     r12, [rcx + rdi + 8]
    call    free_frame
    test    r12, r12
    jnz     give_all_back
    ; fall through

print_used:
    lea     rsi, [rip + text_used]
    call    print
    mov     rdi, [rip + frames + Frames.used]
    call    print_word
    ; fall through

print_newline:
    mov     edi, '\n'
    jmp     print_char

; Prints a space and rdi.
print_word:
    push    rdi
    mov     edi, ' '
    call    print_char
    pop     rdi
    jmp     print_hex

text_range:
    .asciz  "range"
text_image:
    .asciz  "image"
text_fresh:
    .asciz  "fresh"
text_again:
    .asciz  "again"
text_words:
    .asciz  "words"
text_used:
    .asciz  "used"
text_all:
    .asciz  "all"
text_walked:
    .asciz  "walked"
text_passed:
    .asciz  "kpack: demonstration passed\n"
