; What the tasks stage prints, and what read_thread and write_thread transfer.

text_tasks:
    .asciz  "tasks       "
text_tasks_spaces:
    .asciz  " threads, each in an address space of its own\n"

    .align  8
read_places:                            ; by ThreadPart: where its words lie; 0: not as they are read
    .quad   places_of_registers
    .quad   places_of_more_registers
    .quad   places_of_bases
    .quad   places_of_debug
    .quad   0
    .quad   0
    .quad   places_of_receive_slot
    .quad   0
    .quad   0
write_parts:                            ; by ThreadPart
    .quad   write_registers
    .quad   write_more_registers
    .quad   write_bases
    .quad   write_debug
    .quad   write_priority
    .quad   write_supervisor
    .quad   write_receive_slot
    .quad   write_fpu
    .quad   write_ports

word_places:                            ; of a call's words, by number, from T
    .long   Thread.frame.rsi, Thread.frame.rdx, Thread.frame.r8, Thread.frame.r9, Thread.frame.r10
    .long   Thread.frame.rbx, Thread.frame.r12, Thread.frame.r13, Thread.frame.r14, Thread.frame.rbp
places_of_registers:
    .long   Thread.frame.rip, Thread.frame.rsp, Thread.frame.rflags
    .long   Thread.frame.rax, Thread.frame.rbx, Thread.frame.rcx, Thread.frame.rdx
    .long   Thread.frame.rsi, Thread.frame.rdi
places_of_more_registers:
    .long   Thread.frame.rbp, Thread.frame.r8, Thread.frame.r9, Thread.frame.r10, Thread.frame.r11
    .long   Thread.frame.r12, Thread.frame.r13, Thread.frame.r14, Thread.frame.r15
places_of_bases:
    .long   Thread.fs_base, Thread.gs_base
places_of_debug:
    .long   Thread.breakpoints.0, Thread.breakpoints.1, Thread.breakpoints.2, Thread.breakpoints.3
    .long   Thread.debug_control, Thread.debug_status
places_of_receive_slot:
    .long   Thread.receive_slot

words_read:                             ; by ThreadPart: how many words it gives; 0: it is not read
    .byte   9, 9, 2, 6, 2, 0, 1, 1, 0
words_written:                          ; by ThreadPart: how many words it takes, the part's number included
    .byte   10, 10, 3, 6, 2, 2, 2, 2, 3

    .align  8
inspect_parts:                          ; by ObjectType
    .quad   0
    .quad   inspect_thread
    .quad   inspect_space
    .quad   inspect_endpoint
    .quad   inspect_notification
    .quad   inspect_frame
    .quad   inspect_irq
    .quad   inspect_io_ports
    .quad   inspect_name                ; Hardware
    .quad   inspect_name                ; Reply
