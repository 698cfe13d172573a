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
    .quad   call_send
    .quad   call_reply
    .quad   call_reply_save
    .quad   call_signal
    .quad   call_copy
    .quad   call_delete
    .quad   call_revoke
    .quad   call_destroy
    .quad   call_create
    .quad   call_start
    .quad   call_stop
    .quad   call_read_thread
    .quad   call_write_thread
    .quad   call_irq_ack
    .quad   call_inspect
    .quad   call_clock

const ANY           = 3                 ; flags that a call does not take
const NOT_DEADLINE  = Abi.DEADLINE >> Abi.FLAGS_SHIFT
const NOT_CAPABILITY = Abi.CAPABILITY >> Abi.FLAGS_SHIFT

call_refuses:                           ; by Call
    .byte   0, 0, ANY, ANY, NOT_CAPABILITY, ANY, ANY, ANY
    .byte   0, NOT_DEADLINE, ANY, ANY, ANY, ANY, ANY, ANY
    .byte   ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY
