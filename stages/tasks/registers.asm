; read_thread and write_thread.

call_read_thread:
    jmp     call_unknown

call_write_thread:
    jmp     call_unknown
