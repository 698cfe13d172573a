; The first threads.
;
; `tasks_init` is called once and reports. `enter_tasks` is jumped to at the end of start-up: it makes
; every thread that the packer built ready, in the manifest's order, and leaves to the scheduler.

tasks_init:
    lea     rsi, [rip + text_tasks]
    call    print
    mov     edi, [rip + thread_count]
    call    print_decimal
    lea     rsi, [rip + text_tasks_spaces]
    jmp     print

enter_tasks:
    lea     rbp, [rip + thread_table]
    mov     r12d, [rip + thread_count]
.next:
    mov     rdi, [rbp]
    call    enqueue
    add     rbp, 8
    dec     r12d
    jnz     .next
    call    irq_init
    call    start_clock
    jmp     schedule
