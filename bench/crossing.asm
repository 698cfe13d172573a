; The floor under every time of IPC: what no kernel can do without, and nothing else. 32-bit code first.
;
; Prints two figures like `guest/measure.asm` and ends the machine:
;       ipc.floor.syscall  SYSCALL into ring 0 and SYSRET back
;       ipc.floor.cross    two of those, each with a load of CR3: there to another address space, and back
; Both spaces map the first 2 MiB, where this lies, and the memory behind it is zero at the start. The
; task may use every port, so that it prints by itself.

const SAMPLES     = 32
const BATCH       = 100

const HERE        = 0x180000            ; the two spaces' PML4s, and the tables that they share
const THERE       = 0x181000
const POINTERS    = 0x182000
const DIRECTORY   = 0x183000
const STACK       = 0x185000            ; grows down
const RESULTS     = STACK               ; SAMPLES quadwords
const ALLOWED     = PageTableEntry.present | PageTableEntry.writable | PageTableEntry.user
const CODE64      = 8                   ; the selector
const TASK_FLAGS  = Rflags.iopl | 2     ; bit 1 is always set

crossing:
    mov     dword ptr [HERE], POINTERS | ALLOWED
    mov     dword ptr [THERE], POINTERS | ALLOWED
    mov     dword ptr [POINTERS], DIRECTORY | ALLOWED
    mov     dword ptr [DIRECTORY], PageDirectoryEntry2M.large | ALLOWED
    mov     eax, Cr4.physical_address_extension
    mov     cr4, eax
    mov     eax, HERE
    mov     cr3, eax
    mov     ecx, Msr.EFER
    mov     eax, Efer.long_mode_enable | Efer.syscall_enable
    xor     edx, edx
    wrmsr
    mov     eax, Cr0.protection_enable | Cr0.extension_type | Cr0.paging
    mov     cr0, eax
    lgdt    [gdt_pointer]
    jmp     far CODE64:long_mode

    .code64
long_mode:
    mov     ecx, Msr.STAR               ; SYSCALL and SYSRET make segments of it without a GDT
    xor     eax, eax
    mov     edx, (Selector.USER_BASE | Rpl.USER) << 16 | Selector.KERNEL_CODE
    wrmsr
    mov     ecx, Msr.LSTAR
    mov     eax, kernel
    xor     edx, edx
    wrmsr
    mov     ecx, Msr.FMASK
    xor     eax, eax
    wrmsr
    mov     r8d, HERE
    mov     r9d, THERE
    mov     ecx, task
    mov     r11d, TASK_FLAGS
    sysretq

; eax = 0: returns; else enters the other space first. r8 = this space's PML4, r9 = the other's.
kernel:
    test    eax, eax
    jz      .return
    xchg    r8, r9
    mov     cr3, r8
.return:
    sysretq

task:
    mov     esp, STACK
    mov     ebp, syscalls
    mov     esi, text_syscall
    call    measure
    mov     ebp, round_trips
    mov     esi, text_cross
    call    measure
    mov     esi, text_measured
    call    print
    mov     al, DebugExit.PASSED
    mov     dx, DebugExit.PORT
    out     dx, al
.wait:
    jmp     .wait

syscalls:
    xor     eax, eax
.next:
    syscall
    dec     ebx
    jnz     .next
    ret

round_trips:
    mov     eax, 1
.next:
    syscall
    syscall
    dec     ebx
    jnz     .next
    ret

; Samples the routine at rbp, which does its work ebx times, and prints the line that starts as rsi says.
measure:
    mov     r12d, SAMPLES
.sample:
    mov     ebx, BATCH
    rdtsc
    shl     rdx, 32
    lea     r13, [rax + rdx]
    call    rbp
    rdtsc
    shl     rdx, 32
    add     rax, rdx
    sub     rax, r13
    xor     edx, edx
    mov     ecx, BATCH
    div     rcx
    mov     edx, RESULTS - 8
    mov     [rdx + r12 * 8], rax        ; r12 counts down from SAMPLES to 1
    dec     r12d
    jnz     .sample
    call    print
    mov     r12d, SAMPLES
.print:
    mov     al, ' '
    call    put
    mov     edx, RESULTS - 8
    mov     rax, [rdx + r12 * 8]
    call    print_decimal
    dec     r12d
    jnz     .print
    mov     al, '\n'
    jmp     put

; Prints rax without leading zeros: the digits go onto the stack, the last one first.
print_decimal:
    mov     ecx, 10
    xor     ebx, ebx
.digit:
    xor     edx, edx
    div     rcx
    push    rdx
    inc     ebx
    test    rax, rax
    jnz     .digit
.put:
    pop     rax
    add     al, '0'
    call    put
    dec     ebx
    jnz     .put
    ret

; Prints the zero-terminated text at rsi.
print:
    lodsb   al, [rsi]
    test    al, al
    jz      .end
    call    put
    jmp     print
.end:
    ret

; Sends al.
put:
    mov     ah, al
    mov     dx, Com1.LINE_STATUS
.wait:
    in      al, dx
    test    al, LineStatus.transmit_ready
    jz      .wait
    mov     al, ah
    mov     dx, Com1.DATA
    out     dx, al
    ret

text_syscall:
    .asciz  "figure ipc.floor.syscall ticks"
text_cross:
    .asciz  "figure ipc.floor.cross ticks"
text_measured:
    .asciz  "figures 2\nfloor measured\n"

    .align  8
gdt:
    .quad   0
    .quad   FlatSegment.CODE64
gdt_end:
gdt_pointer:
    .word   gdt_end - gdt - 1
    .long   gdt
