; The kernel's first instruction, and its way through the stages.
;
; Every way of booting enters here in 64-bit mode, interrupts off, in the kernel's window, with the
; boot information filled and no arguments. Each stage then initialises what it owns and says so in
; one line; `enter_tasks` (tasks/start.asm) leaves to ring 3 and never returns. The time-stamp counter is
; noted between the stages, in BootInfo.stamps: where a boot's time goes can be read from any run.

const BOOT_NAME_SHIFT = 4               ; boot_names (stage.py) has 16 bytes for each BootPath

kernel_entry:
    lgdt    [rip + gdt_pointer]
    lidt    [rip + idt_pointer]
    xor     eax, eax
    mov     ds, ax
    mov     es, ax
    mov     fs, ax
    mov     gs, ax
    lldt    ax                          ; firmware may leave a table; no selector shall reach it
    mov     ax, Selector.KERNEL_DATA
    mov     ss, ax
    lea     rsp, [rip + kernel_stack + KernelStack.size]
    mov     ax, Selector.TSS
    ltr     ax
    push    Selector.KERNEL_CODE        ; CS still is a selector of the loader's GDT
    lea     rax, [rip + .own_segments]
    push    rax
    retfq
.own_segments:
    mov     qword ptr [rip + kernel_pml4], 0    ; the identity mapping has done its work
    mov     rax, cr3
    mov     cr3, rax
    lea     r12, [rip + boot_info + BootInfo.stamps]
    call    stamp                       ; r12 moves on; every stage keeps it
    call    features_init
    call    console_init
    call    boot_report
    call    stamp
    call    console_report
    call    stamp
    call    interrupts_init
    call    stamp
    call    memory_init
    call    stamp
    call    tasks_init
    call    stamp
    call    ipc_init
    call    stamp
    jmp     enter_tasks

; Notes the time-stamp counter at r12 and moves that on.
stamp:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     [r12], rax
    add     r12, 8
    ret

; Says which firmware booted us and what memory it reported.
boot_report:
    lea     rsi, [rip + text_boot]
    call    print
    mov     eax, [rip + boot_info + BootInfo.path]
    shl     eax, BOOT_NAME_SHIFT
    lea     rsi, [rip + boot_names]
    add     rsi, rax
    call    print
    lea     rsi, [rip + text_boot_mode]
    call    print
    mov     edi, [rip + boot_info + BootInfo.memory_count]
    call    print_decimal
    lea     rsi, [rip + text_boot_ranges]
    jmp     print
