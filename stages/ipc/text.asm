; What the ipc stage prints, and its table of calls.

text_ipc:
    .asciz  "ipc         "
text_ipc_words:
    .asciz  " system calls, ten words in registers\n"
text_thread:
    .asciz  "thread "
text_exited:
    .asciz  " exited with "
text_faulted:
    .asciz  " faulted: vector "
text_error:
    .asciz  " error "
text_at:
    .asciz  " at "
text_touching:
    .asciz  " touching "
text_compatibility:
    .asciz  "SYSCALL from 32-bit code"

    .align  8
call_table:                             ; by Call
    .quad   call_call
    .quad   call_reply_recv
    .quad   call_null
    .quad   call_yield
    .quad   call_recv
    .quad   call_exit
    .quad   call_map
    .quad   call_unmap
